import{$ as Wt,$a as se,$b as Ee,Ab as yt,B as a,Bb as fe,C as W,Ca as v,Cb as me,Da as ot,E as ft,Ea as $t,Eb as de,F as _t,Fa as Zt,Fb as $e,G as R,H as U,I as Bt,Ib as he,J as Ft,Jb as C,K as jt,Kb as vt,L as Ut,La as te,Lb as xt,M as Kt,Ma as ht,Mb as be,Na as ee,Nb as we,Ob as ge,P as H,Q as G,Qb as Y,Rb as lt,S as J,U as nt,Ub as M,Va as ne,Vb as ye,W as qt,Wa as rt,Wb as ve,Xa as oe,Xb as xe,Y as zt,Ya as q,Yb as ke,Za as re,Zb as Se,_b as Oe,a as h,ac as Te,b as O,bc as Ie,c as F,d as E,da as P,e as pt,eb as ae,fb as bt,g as c,ga as mt,gb as ie,h as Nt,ha as Ht,hb as st,i as Dt,ib as wt,ja as dt,jb as Z,k as Lt,kb as at,l as j,lb as le,m as D,na as Gt,nb as it,p as T,pb as ce,ra as Jt,rb as ue,s as L,sa as K,sb as X,t as Pt,ta as Vt,tb as gt,u as et,ua as _,va as Qt,xb as V,ya as Xt,za as Yt,zb as pe}from"./first.js";var fn=25,mn=300,dn=["copy","pack","unpack","fetch"],$n=["backup","restore","verify"];function hn(t){return $n.includes(t)?"backup":dn.includes(t)?"files":"settings"}var bn=5,kt=({status:t})=>!["queued","running"].includes(t);function wn(t){let[e,o]=h(null),n=E({steps:[],points:[]});return O(()=>{if(t==null)return;n.current={steps:[],points:[]};let r=new AbortController,s=!0;return L(async()=>{let l=await T("job_status",{job:t,wait:s?0:fn},r.signal);return l.error===null&&(l.step=W(l.step,l.cause)),s=!1,n.current=gn(n.current,l,performance.now()/1e3),o(l),kt(l)?!1:(await new Promise(u=>setTimeout(u,mn)),!r.signal.aborted)},null,r.signal),()=>r.abort()},[t]),[e,n.current]}function gn({steps:t,points:e},{step:o,done:n},r){let s=!t.length||t.at(-1)===o;return{steps:s&&t.length?t:[...t,o].slice(-bn-1),points:[...s?e:[],{at:r,done:n}].slice(-100)}}var yn=({unit:t})=>t==="bytes"?U:R;function vn(t,e){let o=yn(t),n=we(e),r=ge(n,t);return[t.total!==null?a("doneOf",{done:o(t.done),total:o(t.total)}):t.done>0&&o(t.done),n>0&&t.unit==="bytes"&&a("perSecond",{n:U(n)}),r!==null&&a("timeLeft",{n:Ft(r)})].filter(Boolean).join(" \xB7 ")}function St({status:t,id:e=t.job,over:o}){let[n,{steps:r,points:s}]=wn(e),[i,l]=h(null),u=n!==null&&kt(n);O(()=>{u&&o?.(n)},[u]);let p=async()=>{try{await T("job_cancel",{job:n.job})}catch(y){l(y)}},m=W(t.typeTitle||t.type),f=n&&n.kind!=="install"?n.kind:"install",d=a(`doing.${f}`,{what:m}),b=n?.total?Math.min(n.done/n.total,1):null,k=n&&[`${a("jobOf",{n:n.job,by:n.by})} ${n.startedAt===null?"":G(n.startedAt,D())}`.trim(),a("goesOn")];return c`<section class="job" aria-label=${Z.includes(f)?a("installing"):d}>
    <div class="job-head">
      <div>
        <h2>${d}</h2>
        <p class="muted">${k?k.filter(Boolean).join(" \xB7 "):a("goesOn")}</p>
      </div>
      ${n&&P(t.server,hn(n.kind))&&c`<button class="btn" type="button" onClick=${p}><${v} name="x" />${a("cancel")}</button>`}
    </div>
    <div
      class="progress"
      role="progressbar"
      aria-label=${d}
      aria-valuenow=${b===null?void 0:Math.round(100*b)}
      aria-valuemin="0"
      aria-valuemax="100"
    >
      <span style=${{width:`${100*(b??0)}%`}}></span>
    </div>
    ${n?.status==="queued"&&c`<p class="muted">${a("jobQueued")}</p>`}
    ${n?.step&&c`<ol class="job-steps">
        ${r.slice(0,-1).map(y=>c`<li class="done" key=${y}><${v} name="circle-check" /><span class="sr">${a("done")}: </span><b>${y}</b></li>`)}
        <li class="run" key=${n.step}>
          <${ot} state="starting" /><span class="sr">${a("now")}: </span><b>${n.step}</b>
          <span class="muted">${vn(n,s)}</span>
        </li>
      </ol>`}
    ${n&&Z.includes(n.kind)&&P(t.server,"view")&&c`<${at} key=${n.job} job=${n.job} isOver=${kt(n)} />`}
    <${q} text=${J(i)} />
  </section>`}C({name:"activity",order:20,icon:"activity",view:M(Y,"Happened")});C({name:"backups",order:50,icon:"archive",rights:["backup"],view:M(lt,"Backups"),fits:()=>nt.value.features.includes("backups")});var Ne=262144,Ae=4,xn=25,kn=5e3,Ce=10,Sn=8192,Re=5,On=500,De=t=>Uint8Array.from(atob(t),e=>e.charCodeAt(0)),Le=t=>new TextDecoder().decode(t);async function En(t,e,o){let n=await Pt(t,o);if(n===null)return[0,0];let r=De(n.data),s=n.oldReadIndex&&r.indexOf(Ce)+1,i=r.lastIndexOf(Ce)+1;if(!i)return[n.oldReadIndex,n.oldReadIndex];let l=n.oldReadIndex+s;return e.append(Le(r.subarray(s,i)),l,n.times),[l,n.oldReadIndex+i]}async function Tn(t,e,o,n){let r=Math.min(Ne,o-e);if(r>=Ae)return T("server_log",{server:t,readIndex:e,limit:r,times:!0},n);let i=await T("server_log",{server:t,readIndex:e,limit:Ae,encoding:"base64"},n),l=De(i.data).subarray(0,r);return{...i,data:Le(l),nextReadIndex:e+l.length,times:[]}}var In=()=>new Promise(t=>{document.hidden?t():setTimeout(t)}),An=()=>new Promise(t=>{document.hidden||!globalThis.requestIdleCallback?t():requestIdleCallback(t,{timeout:On})});async function Pe(t,{data:e,oldReadIndex:o,times:n}){let r=performance.now()+Re;for(let s=0,i=0;s<e.length;s=i){i=e.indexOf(`
`,s+Sn)+1||e.length;let l=e.slice(s,i);s===0?t.append(l,o,n):t.append(l),!(performance.now()<r)&&(await In(),r=performance.now()+Re)}}async function Cn(t,e,o,n){let r=new st;r.layout(e.columns);let s=0;for(;s<o;){let i=await Tn(t,s,o,n);if(i.oldReadIndex>=o||!i.data)return;!(s===0)&&i.oldReadIndex>s&&r.gap(a("gone",{n:i.oldReadIndex-s})),await Pe(r,i),s=i.nextReadIndex}e.hasRoomFor(r)&&e.prepend(r)}function Me(t,e){return new Promise(o=>{L(async()=>o(await t()),null,e)})}async function _e(t,e,o,n){let[r,s]=await Me(()=>En(t,e,n),n);o(),Rn(t,e,s,o,n),r!==0&&(await An(),await Me(()=>Cn(t,e,r,n),n),o())}function Rn(t,e,o,n,r){let s=!1;return L(async()=>{let i=s&&bt(),l=ie(r),u;try{u=await T("server_log",{server:t,readIndex:o,limit:Ne,wait:i?xn:0,times:!0},l.signal)}catch(m){if(l.signal.aborted&&!r.aborted)return!0;throw m}finally{l.end()}let p=u.oldReadIndex-o;return p>0&&e.gap(a("gone",{n:p})),u.data&&await Pe(e,u),o=u.nextReadIndex,s=o===u.readIndex||!u.data,n(),!s||bt()},kn,r)}var ct=class{#s;#e;#o;#t=[];#r;#n;constructor(e,o,n=!1){this.#s=e,this.#o=n?r=>r:r=>r.toLowerCase(),this.#e=this.#o(o),this.#r=this.#n=e.dropped}#a(e,o){let{items:n,dropped:r}=this.#s,s=[];for(let i=e;i<o;i++)this.#o(n[i-r].text).includes(this.#e)&&s.push(i);return s}hits(){let{dropped:e,count:o}=this.#s;for(e<this.#r?this.#t=[...this.#a(e,this.#r),...this.#t]:this.#t[0]<e&&(this.#t=this.#t.filter(n=>n>=e)),this.#r=e,this.#n=Math.max(this.#n,e);this.#t.at(-1)>=this.#n;)this.#t.pop();for(let n of this.#a(this.#n,o))this.#t.push(n);return this.#n=Math.max(o-1,e),this.#t}placesIn(e){let o=this.#o(e),n=[],r=o.indexOf(this.#e);for(;r>=0;)n.push([r,r+this.#e.length]),r=o.indexOf(this.#e,r+this.#e.length);return n}};function Mn({text:t}){let[e]=/^[\d.,\s]*\d/.exec(t)??[""];return c`${e&&c`<b>${e}</b>`}${t.slice(e.length)}`}function Be({find:t,setFind:e,found:o}){let n=E(null),{text:r,isExact:s,asked:i}=t;F(()=>n.current.select(),[i]);let l=()=>e({...t,isOpen:!1}),u=m=>{if(m.key==="Enter")o.go(m.shiftKey?-1:1);else if(m.key==="Escape")l();else return;m.preventDefault()},p=(m,f,d,b={})=>c`<button class="btn icon" type="button" aria-label=${a(m)} title=${a(m)} onClick=${d} ...${b}>
      <${v} name=${f} />
    </button>`;return c`<div class="find" role="search">
    <label class="search"
      ><${v} name="search" /><span class="sr">${a("findInLog")}</span
      ><input
        type="search"
        autocomplete="off"
        ref=${n}
        value=${r}
        onInput=${m=>e({...t,text:m.target.value})}
        onKeyDown=${u}
    /></label>
    <span class="hits"><${Mn} text=${o.where} /></span>
    ${p("previous","chevron-up",()=>o.go(-1))} ${p("next","chevron-down",()=>o.go(1))}
    ${p("caseMatters","case-sensitive",()=>e({...t,isExact:!s}),{"aria-pressed":String(s)})}
    ${p("closeFind","x",l)}
  </div>`}var Nn=1500;function Dn({status:t,follows:e}){return t&&X(t.status)?c`<span class="follow paused"><${v} name="square" /><span>${a("notRunning")}</span></span>`:e?c`<span class="follow"><span class="dot"></span><span>${a("following")}</span></span>`:c`<span class="follow paused"><${v} name="history" /><span>${a("scrolledUp")}</span></span>`}function Fe({id:t,log:e,status:o,isAlone:n,hasFacts:r,turnFacts:s,find:i,setFind:l,setLevel:u,follows:p,chosen:m}){let[f,d]=h(!1),{lines:b}=e,k=()=>l({...i,isOpen:!0,asked:Date.now()});ee(x=>{x.key.toLowerCase()!=="f"||!(x.ctrlKey||x.metaKey)||x.shiftKey||(x.preventDefault(),k())});async function y(){let x=m();await e.whole,await it(x||b.toString()),d(!0),setTimeout(()=>d(!1),Nn)}async function w(){await e.whole;let x=URL.createObjectURL(new Blob([b.toString()],{type:"text/plain"}));Object.assign(document.createElement("a"),{href:x,download:`${t}.log`}).click(),URL.revokeObjectURL(x)}function g(){Lt(()=>window.open(`#/server/${t}/console?alone=1`,"_blank","popup,width=960,height=640"))}let S=(x,N,z,$={})=>c`<button class="btn icon" type="button" aria-label=${x} title=${x} onClick=${z} ...${$}>
      <${v} name=${N} />
    </button>`,I=(x,N,z,$,A={})=>S(x,N,$,{"aria-pressed":String(z),...A}),B=(x,N)=>({icon:N,text:a(`level.${x||"all"}`),act:()=>u(x)});return c`<div class="con-bar" role="toolbar" aria-label=${a("console")}>
    <${Dn} ...${{status:o,follows:p}} /><span class="con-space"></span>
    ${I(a("find"),"search",i.isOpen,()=>i.isOpen?l({...i,isOpen:!1}):k())}
    ${I(a("wrap"),"wrap-text",K.value,()=>Vt(!K.value))}
    ${I(a("stamps"),"clock",_.value,()=>Qt(!_.value))}
    <${rt}
      label=${a("levelsShown",{level:a(`level.${b.least||"all"}`)})}
      items=${[B("","list-filter"),B("warn","triangle-alert"),B("err","circle-alert")]}
      css="btn icon wide"
      ><${v} name="list-filter" /><${v} name="chevron-down"
    /><//>
    <span class="con-rule"></span>
    ${S(f?a("copied"):a("copy"),f?"check":"copy",y,{onMouseDown:x=>x.preventDefault()})}
    ${S(a("downloadLog",{size:U(o?.readIndex??0)}),"download",w)}
    ${!n&&S(a("popOut"),"external-link",g,{"data-wide":!0})}
    ${!n&&c`<span class="con-rule"></span>
        ${I(a(r?"hideFacts":"showFacts"),"panel-right",r,s,{"data-facts":!0})}`}
  </div>`}var Ln=100,Pn=5,Ot=new Ht,Et=t=>(Nt("localStorage",mt(`typed/${t}`))??[]).map(e=>typeof e=="string"?{line:e,at:null}:e);function _n(t,e){if(!e)return;let o=Et(t).filter(n=>n.line!==e);Dt("localStorage",mt(`typed/${t}`),[...o,{line:e,at:D()}].slice(-Ln))}function Bn(t,e){return e.trim()?Et(t).filter(o=>o.line.startsWith(e)&&o.line!==e).toReversed().slice(0,Pn):[]}function Fn(t,e){return P(t,"command")?e?.console==="none"?a("takesNone"):!e||ue(e.status)?"":X(e.status)?a("cantRun"):a("notNow",{state:a(`state.${e.status}`)}):a("mayNotCommand")}var jn=({isOffered:t})=>c`<span class="cmd-hint" aria-hidden="true"
    >${t?c`<kbd>Tab</kbd> ${a("take")} <kbd>Esc</kbd> ${a("close").toLowerCase()}`:c`<kbd>↑</kbd> ${a("earlier")} <kbd>Tab</kbd> ${a("complete")}`}</span
  >`;function je({id:t,status:e,sent:o}){let[n,r]=h(Ot.get(t,"")),[s,i]=h(!1),[l,u]=h(null),p=E(null),m=E(""),[f,d]=h(!1),[b,k]=h(0),y=Fn(t,e),w=!!y||j.value!==null,g=f&&!y?Bn(t,n):[],S=$=>{Ot.set(t,$),r($)};function I($){p.current=null,u(null),k(0),d($!==""),S($)}async function B($){if($.preventDefault(),!(s||w)){i(!0),d(!1);try{await T("server_cmd",{server:t,command:n}),_n(t,n),u(null),Ot.get(t,"")===n&&I(""),o()}catch(A){u(A)}i(!1)}}function x($){let A=Et(t);p.current===null&&(m.current=n);let Q=Math.max((p.current??A.length)+$,0);p.current=Q<A.length?Q:null,d(!1),S(A[Q]?.line??m.current)}function N($){let A={ArrowUp:-1,ArrowDown:1}[$.key];if($.key==="Tab"&&!$.shiftKey&&g.length)I((g[b]??g[0]).line);else if($.key==="Escape"&&g.length)d(!1);else if(A)x(A);else return;$.preventDefault()}let z=l?.problems?.[0]?ne(l.problems[0],"command"):J(l);return c`<form class="cmd" onSubmit=${B}>
    <span class="ps" aria-hidden="true">❯</span>
    <input
      class="mono"
      aria-label=${a("command")}
      aria-disabled=${y?"true":void 0}
      aria-describedby="prompt-why"
      aria-autocomplete="list"
      aria-controls=${g.length?"prompt-offers":void 0}
      aria-activedescendant=${g.length?`prompt-offer-${b}`:void 0}
      readonly=${!!y}
      placeholder=${y||a("typeCommand")}
      title=${y||void 0}
      value=${n}
      maxlength="4095"
      autocomplete="off"
      autocapitalize="none"
      spellcheck=${!1}
      enterkeyhint="send"
      onInput=${$=>I($.target.value)}
      onKeyDown=${N}
      onBlur=${()=>d(!1)}
    />
    ${!y&&c`<${jn} isOffered=${g.length>0} />`}
    <button class="btn" type="submit" aria-disabled=${w?"true":void 0} title=${y||void 0}>
      <${v} name="corner-down-left" /><span>${a("send")}</span>
    </button>
    <p id="prompt-why" class=${y&&n?"why":"sr why-not"}>${y}</p>
    <${q} text=${z} />
    ${g.length>0&&c`<ul class="complete" role="listbox" id="prompt-offers" aria-label=${a("typedBefore")}>
        ${g.map(({line:$,at:A},Q)=>c`<li
              key=${$}
              id=${`prompt-offer-${Q}`}
              role="option"
              aria-selected=${String(Q===b)}
              class="mono"
              onMouseDown=${pn=>{pn.preventDefault(),I($)}}
            >
              <span><b>${$.slice(0,n.length)}</b>${$.slice(n.length)}</span>
              ${A&&c`<span class="muted">${H(A)}</span>`}
            </li>`)}
      </ul>`}
  </form>`}var ut="starting",Un=["stopped","crashed","failed"],Kn=5e-4,qn=200;function zn(t){let{text:e,more:o}=ae(t);return[t.kind===ut?a("runBegins"):`${a("runEnds")} \xB7 ${e.toLowerCase()}`,H(t.at),o].filter(Boolean).join(" \xB7 ")}function Wn(t,e,{runIndex:o,startedAt:n}){let r=t.findLastIndex(({kind:u})=>u===ut),s=r>=0&&n>=t[r].at,i=e.items[0]?.index??0,l=0;return t.map((u,p)=>{let m=e.indexAt(u.kind===ut?u.at:u.at+Kn);return l=Math.max(l,s&&p<=r?Math.min(m,o):m),[l,zn(u)]}).filter(([u])=>i===0||u>i)}function Ue(t,e,o,n,r){let s=E([]),i=()=>{e&&(n(()=>o.separate(Wn(s.current,o,e))),r())},l=e?.status;O(()=>{if(!l)return;let u=new AbortController,p={server:t,kinds:[ut,...Un],limit:qn};return T("event_list",p,u.signal).then(m=>{s.current=m.events,i()}).catch(()=>{}),()=>u.abort()},[t,l,e?.runIndex]),O(i,[o.items[0]?.index])}var Tt=[13,16,20],Ke=[217,223,231],Hn=4.5,qe={black:[141,152,167],red:[255,143,133],green:[127,217,159],yellow:[240,192,96],blue:[134,182,255],magenta:[217,163,255],cyan:[111,211,220],white:Ke,"bright-black":[157,167,181],"bright-red":[255,179,172],"bright-green":[166,232,189],"bright-yellow":[247,214,143],"bright-blue":[177,208,255],"bright-magenta":[231,198,255],"bright-cyan":[160,229,235],"bright-white":[255,255,255]},Gn={black:[0,0,0],"bright-black":[60,68,64],white:[200,206,202]},ze=t=>t.match(/\d+/g).map(Number);function It(t){let[e,o,n]=t.map(r=>{let s=r/255;return s<=.04045?s/12.92:((s+.055)/1.055)**2.4});return .2126*e+.7152*o+.0722*n}function Jn(t,e){let[o,n]=[It(t),It(e)].sort((r,s)=>s-r);return(o+.05)/(n+.05)}function Vn(t,e){let o=It(e)>.18?[0,0,0]:[255,255,255],n=t;for(let r=.1;Jn(n,e)<Hn&&r<=1;r+=.1)n=t.map((s,i)=>Math.round(s+(o[i]-s)*r));return n}var Qn=(t,e)=>t.startsWith("rgb")?ze(t):qe[t]??e,Xn=t=>t.startsWith("rgb")?ze(t):Gn[t]??qe[t]??Tt,tt=new Map;function We({fg:t,bg:e,inverse:o,dim:n}){if(!t&&!e&&!o&&!n)return;let r=`${t}|${e}|${o}|${n}`;return tt.has(r)||(tt.size>4096&&tt.clear(),tt.set(r,Yn(t,e,o,n))),tt.get(r)}function Yn(t,e,o,n){let r=Qn(t,Ke),s=e?Xn(e):Tt;o&&([r,s]=[e?s:Tt,r]),n&&(r=r.map((u,p)=>Math.round(u*.7+s[p]*.3)));let i=u=>`rgb(${u.join(", ")})`,l={color:i(Vn(r,s))};return(e||o)&&(l.backgroundColor=i(s)),l}var Zn=/https?:\/\/[^\s<>"'`\u0000-\u001f\u2028\u2029]+/g,to=".,;:!?)]}";function eo(t){let e=t.length;for(;to.includes(t[e-1]);)e-=1;return t.slice(0,e)}function He(t){if(!t.includes("://"))return[{text:t}];let e=[],o=0;for(let n of t.matchAll(Zn)){let r=eo(n[0]);URL.canParse(r)&&(n.index>o&&e.push({text:t.slice(o,n.index)}),e.push({text:r,href:r}),o=n.index+r.length)}return o<t.length&&e.push({text:t.slice(o)}),e}var no="[gamepanel]";function Ge({row:{runs:t,start:e,line:o,item:n,separator:r},top:s,time:i,marks:l,isHit:u}){let p={top:`${s}px`};if(r!==void 0)return c`<div class="sep" role="separator" style=${p}><span>${r}</span></div>`;let m=n.text.startsWith(no),f=["ln",n.level,m&&"gp",u&&"hit",n.gap&&"gap"];return c`<div style=${p} class=${f.filter(Boolean).join(" ")} data-line=${o}>
    ${i!==null&&c`<time title=${Ut(i)}>${Kt(i)}</time>`}
    ${ro(t,e,l??[]).map(d=>c`<${oo} run=${d} />`)}
  </div>`}function oo({run:{text:t,style:e,isMark:o}}){if(o)return c`<mark>${t}</mark>`;let n=["bold","italic","underline"].filter(r=>e[r]).join(" ");return c`<span class=${n||void 0} style=${We(e)}
    >${He(t).map(({text:r,href:s})=>s?c`<a href=${s} target="_blank" rel="noreferrer noopener">${r}</a>`:r)}</span
  >`}function ro(t,e,o){if(!o.length)return t;let n=[],r=0;for(let[s,i]of[...o,[1/0,1/0]]){let[l,u]=[Math.max(s-e,r),Math.max(i-e,r)];if(n.push(...wt(t,r,l)),l===1/0)break;n.push(...wt(t,l,u).map(p=>({...p,isMark:!0}))),r=u}return n}function so(t){let e=t.cloneContents();return e.querySelectorAll("time").forEach(o=>o.remove()),e.textContent}function At(t){let e=getSelection();if(e.isCollapsed||!t.contains(e.anchorNode))return"";let o=e.getRangeAt(0),n=[],r=null;for(let s of t.querySelectorAll(".ln")){if(!o.intersectsNode(s))continue;let i=o.cloneRange();s.contains(o.startContainer)||i.setStart(s,0),s.contains(o.endContainer)||i.setEnd(s,s.childNodes.length),r!==null&&s.dataset.line!==r&&n.push(`
`),n.push(so(i)),r=s.dataset.line}return n.join("")}function Je(t){let e=At(t.currentTarget);e&&(t.clipboardData.setData("text/plain",e),t.preventDefault())}var ao=32,io=76,Ve="0123456789".repeat(4);function Qe(t,e,o,n){let[r,s]=h({height:400,row:18,column:8,left:0});return F(()=>{let i=()=>{let u=e.current.getBoundingClientRect(),{clientWidth:p,clientHeight:m}=t.current,f=u.width/Ve.length,d=ao+(_.value?io:0);o.layout(K.value?Math.floor((p-d)/f):1/0),s({height:m,row:u.height,column:f,left:d})};i();let l=new ResizeObserver(i);return l.observe(t.current),l.observe(e.current),()=>l.disconnect()},n),{...r,probe:Ve}}function Xe(t,e,{height:o,row:n}){let[r,s]=h(0),[i,l]=h(null),[,u]=h(0),p=i===null,m=E(0),f=(e.droppedRows-m.current)*n,d=E({scrollTop:0,room:0}),b=({scrollTop:w,scrollHeight:g,clientHeight:S})=>({scrollTop:w,room:g-S}),k=w=>w.scrollTop<d.current.scrollTop&&b(w).room>=d.current.room;F(()=>{let w=t.current;p&&k(w)||(m.current=e.droppedRows,p?w.scrollTop=w.scrollHeight:f&&(w.scrollTop-=f),d.current=b(w))});function y(){let w=k(t.current),{scrollTop:g,room:S}=d.current=b(t.current);s(g),w?l(I=>I??e.count):g>=S-2&&l(null)}return{top:r,shift:f,follows:p,fresh:p?0:e.count-i,scrolled:y,keep(w){let g=e.at(Math.floor(t.current.scrollTop/n))+1,S=e.rows[g]??0;w(),m.current+=(e.rows[g]??0)-S},toEnd(){l(null),u(w=>w+1)},show(w){l(g=>g??e.count),t.current.scrollTop=e.rows[w-e.dropped]*n-o/2}}}var lo=500,co=2e3,uo=5,Ye=10;function po(t){let[e]=h(()=>({lines:new st,whole:null})),[,o]=h(0);return F(()=>{let n=new AbortController,r=!0,s=!1,i=()=>{s=!1,n.signal.aborted||o(u=>u+1)},l=()=>{r&&(r=!1,i()),!s&&(s=!0,document.hidden?setTimeout(i,lo):requestAnimationFrame(i))};return e.whole=_e(t,e.lines,l,n.signal),()=>n.abort()},[t]),[e,()=>o(n=>n+1)]}function Ze({id:t,status:e,isAlone:o,hasFacts:n,turnFacts:r}){let[s,i]=po(t),{lines:l}=s;pt(()=>re(e?.type)&&l.readAs(se),[e?.type]);let u=E(null),p=E(null),m=Qe(u,p,l,[K.value,_.value]),f=Xe(u,l,m),[d,b]=h({isOpen:!1,text:"",isExact:!1}),k=fo(l,d,f);Ue(t,e,l,f.keep,i),mo(l,f.follows);let y=$=>{l.filter($),i()},{height:w,row:g}=m,S=l.rowCount*g,I=f.follows?Math.max(0,S-w):Math.max(0,f.top-f.shift),B=Math.max(0,Math.floor(I/g)-Ye),x=Math.ceil((I+w)/g)+Ye,N=l.slice(B,x),z=K.value?void 0:`${(l.items.length?l.widest(B,x):0)*m.column+m.left}px`;return c`<section class="console" aria-label=${a("console")}>
    <${Fe}
      ...${{id:t,log:s,status:e,isAlone:o,hasFacts:n,turnFacts:r,find:d,setFind:b,setLevel:y}}
      follows=${f.follows}
      chosen=${()=>At(u.current)}
    />
    ${d.isOpen&&c`<${Be} ...${{find:d,setFind:b,found:k}} />`}
    <div class="screen-wrap">
      <span class="measure" ref=${p} aria-hidden="true">${m.probe}</span>
      <div
        class="screen"
        role="log"
        aria-label=${a("console")}
        aria-live="off"
        tabindex="0"
        ref=${u}
        onScroll=${f.scrolled}
        onCopy=${Je}
        onKeyDown=${$=>$.key==="End"&&f.toEnd()}
      >
        <div class=${_.value?"all stamped":"all"} style=${{height:`${S}px`,minWidth:z}}>
          ${N.map($=>c`<${Ge}
            key=${$.key}
            row=${$}
            top=${$.row*g}
            time=${_.value&&$.start===0?l.timeAt($.item.index):null}
            marks=${$.item&&k.search?.placesIn($.item.text)}
            isHit=${$.item&&$.line+l.dropped===k.current}
          />`)}
        </div>
      </div>
      ${!f.follows&&c`<button class="btn down" type="button" onClick=${f.toEnd}>
          <${v} name="arrow-down" />${f.fresh>0?ft("newLines",f.fresh):a("toNewest")} <kbd aria-hidden="true">End</kbd>
        </button>`}
    </div>
    <${je} key=${t} ...${{id:t,status:e}} sent=${f.toEnd} />
  </section>`}function fo(t,{isOpen:e,text:o,isExact:n},r){let s=e?o:"",[i,l]=h(0),u=pt(()=>s?new ct(t,s,n):null,[s,n]),p=u?.hits()??[],m=p.length?p[Math.min(i,p.length-1)]:null,f=b=>{l(b),r.show(p[b])};F(()=>{p.length&&f(p.length-1)},[u,p.length>0]);let d=s?p.length?a("found",{at:R(Math.min(i,p.length-1)+1),n:R(p.length)}):a("notFound"):"";return O(()=>dt(d),[d]),{search:u,current:m,where:d,go:b=>p.length&&f((i+b+p.length)%p.length)}}function mo(t,e){let o=E(null);O(()=>{let n=setInterval(()=>{if(j.value!==null)return;let r=o.current===null?0:t.count-o.current;if(o.current=t.count,r<=0||!e||document.hidden)return;let s=t.items.slice(-r).map(i=>i.text);dt(r<=uo?s.join(`
`):ft("newLines",r))},co);return()=>clearInterval(n)},[e])}function tn(t,e){let[o,n]=h(null),[r,s]=h(null),i=async(l,u)=>{try{n(await T("server_versions",{server:t,refresh:l},u)),s(null)}catch(p){u?.aborted||s(p)}};return O(()=>{if(!e)return;let l=new AbortController;return i(!1,l.signal),()=>l.abort()},[t,e]),[o,r,()=>i(!0)]}var $o=t=>!!t?.available&&t.available!==t.installed;function en({status:t}){let{server:e,installed:o}=t,[n,r]=h(!1),[s,i,l]=tn(e,!!o);if(!o)return null;let u=$o(s);return c`<section>
    <h2>${a("version")}</h2>
    <p title=${a("installedAt",{when:G(o.at,D())})}>
      ${o.version??a("unknown")}${s?.pinned&&c` <span class="tag">${a("pinnedVersion")}</span>`}
    </p>
    <p class="update">
      ${u&&c`<${v} name="arrow-up" /><span>${a("isOut",{version:s.available})}</span>`}
      ${s&&!u&&c`<span class="muted">${a("isNewest",{when:G(s.at,D())})}</span>`}
      ${i&&i.code!=="not_installable"&&c`<span class="muted">${J(i)}</span>`}
      ${P(e,"settings")&&(u?c`<button class="btn small" type="button" onClick=${()=>r(!0)}>${a("update")} …</button>`:c`<button class="btn small" type="button" onClick=${l}>${a("lookAgain")}</button>`)}
    </p>
    ${n&&c`<${Ct} status=${t} versions=${s} close=${()=>r(!1)} />`}
  </section>`}function Ct({status:t,versions:e=null,close:o}){let{server:n,installed:r,status:s}=t,[i]=tn(n,e===null),[l,u]=h(null),[p,m]=h(!1),[f,d]=he(t,a("beforeUpdate")),{available:b}=e??i??{},k=r?.version,y=X(s)?j.value!==null?a("awayWait"):"":a("destroyStopped");async function w(){if(!(y||p)){m(!0);try{await d(()=>fe(V,t)),o()}catch(S){u(S),m(!1)}}}let g=k&&b?a("updateFromTo",{id:n,from:k,to:b}):a("sureTitle",{verb:yt(V,t),id:n});return c`<${oe} title=${g} close=${o}>
    <p>${a("updateAbout")}</p>
    ${f}
    ${y&&c`<p>${y}</p>`}
    <${q} text=${J(l)} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${o}>${a("cancel")}</button>
      <button
        type="button"
        class=${p?"btn primary busy":"btn primary"}
        aria-disabled=${y?"true":void 0}
        title=${y||void 0}
        onClick=${w}
      >
        <${v} name="arrow-up" />${yt(V,t)}
      </button>
    </div>
  <//>`}var ho=10;function Rt({name:t,now:e,samples:o,most:n=0,limit:r=null}){return c`<div class="mini">
    <div><span>${a(t)}</span><b>${e}</b></div>
    ${o&&c`<div class="mini-plot">
        <${Te} samples=${o} most=${Math.max(n,r?.value??0)} label=${`${a(t)} ${e}`} />
        ${r&&c`<span class="mini-limit"></span>`}
      </div>`}
    ${r&&c`<span class="muted">${r.text}</span>`}
  </div>`}function bo({status:t}){let{usage:e,players:o,server:n}=t,r=zt(n),s=u=>r.map(p=>({at:p.at,value:p[u]})),i=ce(t),l=e&&j.value===null;return c`<section>
    <h2>${a("rightNow")}</h2>
    <${Rt} name="cpu" now=${l?Bt(e.cpuPercent):"\u2013"} samples=${e&&s("cpu")} most=${ho} limit=${i.cpuPercent} />
    <${Rt} name="memory" now=${l?U(e.memoryBytes):"\u2013"} samples=${e&&s("memory")} limit=${i.memoryBytes} />
    ${o&&c`<${Rt} name="players" now=${R(o.online)} samples=${e&&s("players")} most=${o.max??1} />`}
  </section>`}var nn=({title:t,rows:e})=>c`<section>
    <h2>${t}</h2>
    <dl>
      ${e.filter(Boolean).map(([o,n])=>c`<div key=${o}>
          <dt>${o}</dt>
          <dd>${n}</dd>
        </div>`)}
    </dl>
  </section>`,wo=({status:t,exit:e})=>t==="failed"&&e.code===null?a("state.failed"):ve(e);function on({status:t}){let{startedAt:e,pid:o,exit:n,readIndex:r,ports:s=[],runPorts:i}=t,l=f=>i?.find(d=>d.name===f),u=({port:f,protocol:d})=>`${f} ${a(`protocol.${d}`)}`,p=Se(t),m=[e!==null&&[a("startedAt"),H(e)],o!==null&&[a("pid"),o],[a("lastExit"),n?`${wo(t)}, ${H(n.at)}`:a("never")],[a("crashed"),p||a("noCrashes")],[a("logSize"),U(r)]];return c`<aside class="facts" id="facts" aria-label=${a("facts")}>
    <${bo} status=${t} />
    <${nn} title=${a("thisRun")} rows=${m} />
    <${en} key=${t.server} status=${t} />
    ${s.length>0&&c`<${nn}
        title=${a("ports")}
        rows=${s.map(f=>{let d=l(f.name)??f,b=d.port!==f.port,k=c`${u(d)}${b&&c`<br /><span class="muted">${a("fromNextStart",{port:u(f)})}</span>`}`;return[W(_t(f.name.replaceAll("_"," "))),k]})}
      />`}
  </aside>`}function rn({status:t}){return t.status==="installing"?c`<${St} status=${t} />`:(sn(t)||t.needsInstall)&&c`<${yo} status=${t} />`}var sn=({status:t,exit:e})=>["crashed","failed","waiting"].includes(t)&&e;function go({server:t,status:e,needsInstall:o,exit:n}){let[r,s]=h(null),i=(o||e==="failed")&&P(t,"view");return O(()=>{if(s(null),!i)return;let l=new AbortController;return L(async()=>{let[p]=(await T("job_list",{server:t,limit:1},l.signal)).jobs,m=p&&p.status==="failed"&&Z.includes(p.kind)&&p.endedAt>=(n?.at??0)-1;s(m?p.job:null)},null,l.signal),()=>l.abort()},[t,i,n?.at]),r}function yo({status:t}){let{status:e,exit:o}=t,n=de(t),r=go(t),s=n.reasonNot(gt),i=sn(t)&&{title:ke(a(`down.${e}`,{when:G(o.at,D())}),t),about:xe(o),said:ye(o.reason)},{title:l,about:u,said:p}=i||{title:a("code.not_installed")};return c`<section class=${e==="waiting"?"notice warn":"notice bad"} aria-label=${a("whatHappened")}>
    <span><${ot} state=${e} /></span>
    <div>
      <b>${l}</b>
      ${u&&c`<p>${u}</p>`}
      ${p&&c`<pre class="said">${p}</pre>`}
      ${r!==null&&c`<${at} key=${r} job=${r} isOver />`}
      <${q} text=${n.problem} />
    </div>
    <div class="notice-acts">
      ${t.needsInstall?pe(V,t)&&c`<button class="btn primary" type="button" onClick=${()=>n.press(V)}><${v} name="download" />${a("installAgain")} …</button>`:c`<button
              class="btn primary"
              type="button"
              aria-disabled=${s?"true":void 0}
              title=${s||void 0}
              onClick=${()=>n.press(gt)}
            >
              <${v} name="play" />${a("startAgain")}
            </button>`}
    </div>
    ${n.question}
  </section>`}var an="facts";function vo({id:t,status:e}){let o=!!et.value.query.alone,n=!o&&!Jt.value.includes(an);return c`${e&&!o&&c`<${rn} status=${e} />`}
    <div class=${n?"console-grid":"console-grid folded"}>
      <${Ze}
        key=${t}
        ...${{id:t,status:e,isAlone:o,hasFacts:n}}
        turnFacts=${()=>Yt(an)}
      />
      ${n&&e&&c`<${on} status=${e} />`}
    </div>`}C({name:"console",order:10,icon:"terminal",view:vo});C({name:"files",order:40,icon:"folder",rights:["files"],view:M(lt,"Files"),fits:()=>nt.value.features.includes("files")});C({name:"players",order:30,icon:"users",view:M(Y,"Players"),fits:({players:t})=>t!==void 0,count:({players:t})=>t?.online});C({name:"settings",order:90,icon:"settings",rights:["settings","destroy"],view:M(Y,"Settings")});var xo=1e3,ln=5;function ko(t,e,o){let n=["crashed","failed"].includes(o)?`${t} ${a(`state.${o}`)}`:t;return e==="console"||!xt(e)?n:`${n} \xB7 ${a(e)}`}function So(t){let[e,o]=h(!1);return O(()=>{let n=new AbortController;return L(async()=>{try{await Wt(t,n.signal),o(!1)}catch(s){throw["no_such_server","bad_request"].includes(s.code)&&o(!0),s}},xo,n.signal),()=>n.abort()},[t]),e}function cn({id:t,tab:e}){let o=So(t),n=qt.value?.get(t),r=n?.status;if(O(()=>Ie(ko(t,e,r)),[t,e,r]),o)return c`<${$t} icon="server" title=${a("noServer")}>
      <a class="btn" href="#/">${a("toServers")}</a>
    <//>`;let s=xt(e),i=!!et.value.query.alone,l=c`<a class="btn" href=${`#/server/${t}/console`}>${a("console")}</a>`;return c`${!i&&c`<${Oo} ...${{id:t,status:n,tab:e}} />`}
    <div class="tab-body">
      ${s?be(t,s)?c`<${s.view} key=${e} ...${{id:t,status:n}} />`:c`<${Zt}>${l}<//>`:c`<${$t} icon="info" title=${a("notFoundPage")}>${l}<//>`}
    </div>
    ${!i&&c`<${Io} ...${{id:t,tab:e}} />`}`}function Oo({id:t,status:e,tab:o}){let n=e&&[W(e.typeTitle||e.type),e.description].filter(Boolean).join(" \xB7 ");return c`<header class="server-head">
    <div class="sh-top">
      <a class="btn icon back" href="#/" aria-label=${a("toServers")} title=${a("toServers")}
        ><${v} name="chevron-left"
      /></a>
      <${le} icon=${e?.icon} css="big" />
      <div class="sh-name">
        <h1 title=${t}>${t}</h1>
        <p title=${n||void 0}>${n}</p>
      </div>
      ${e&&c`<${To} status=${e} /><${$e} status=${e} more=${Eo(e)} />`}
    </div>
    <nav class="tabs" aria-label=${t}>
      ${vt(t).map(r=>un(t,r,o,e))}
    </nav>
  </header>`}var un=(t,{name:e,icon:o,count:n},r,s)=>{let i=s&&n?.(s);return c`<a key=${e} href=${`#/server/${t}/${e}`} aria-current=${e===r?"page":void 0}
    ><${v} name=${o} /><span>${a(e)}</span>${typeof i=="number"&&c` <span class="count">${R(i)}</span>`}</a
  >`};function Eo(t){let{server:e}=t;return[ht(t)!==null&&{icon:"copy",text:a("copyAddress"),act:()=>it(Oe(t))},{icon:"pin",text:a(Gt.value.includes(e)?"unpin":"pin"),act:()=>Xt(e)}]}var Mt=({css:t,name:e,children:o})=>c`<span class=${`sh-fact ${t}`}
    ><span class="k">${a(e)}</span><span class="v">${o}</span></span
  >`;function To({status:t}){let{players:e,uptime:o}=t;return c`<div class="sh-facts">
    <${me} state=${te(t)} />
    ${ht(t)!==null&&c`<${Mt} css="addr" name="address"><${Ee} status=${t} /><//>`}
    ${e!==void 0&&c`<${Mt} css="pl" name="players"
        >${e?c`<b>${R(e.online)}</b>${e.max!==null&&` ${a("ofMost",{n:R(e.max)})}`}`:"\u2013"}<//
      >`}
    <${Mt} css="up" name="uptime">${o===null?"\u2013":jt(o)}<//>
  </div>`}function Io({id:t,tab:e}){let o=vt(t),n=o.length>ln?o.slice(0,ln-1):o,r=o.slice(n.length);return c`<nav class="bottom" aria-label=${a("tabsShort",{id:t})}>
    ${n.map(s=>un(t,s,e,null))}
    ${r.length>0&&c`<${rt}
        label=${a("more")}
        css=${r.some(({name:s})=>s===e)?"here":""}
        side="up"
        items=${r.map(({name:s,icon:i})=>({icon:i,text:a(s),act:()=>location.hash=`#/server/${t}/${s}`}))}
        ><${v} name="ellipsis" /><span>${a("more")}</span><//
      >`}
  </nav>`}export{St as Job,cn as Server,Ct as Update};
