import{$ as qt,$a as rt,$b as ve,Aa as Qt,B as i,C as H,Cb as Q,Da as Xt,E as ft,Ea as Yt,Eb as pe,F as _t,Fb as yt,G as M,Gb as fe,H as U,Ha as v,Hb as me,I as Bt,Ia as ot,J as Ft,Ja as $t,Jb as de,K as jt,Ka as Zt,Kb as $e,L as Ut,M as Kt,Nb as he,Ob as A,P as G,Pb as vt,Qa as te,Qb as kt,Ra as ht,Rb as be,Sa as ee,Sb as we,T as J,Tb as ge,V,Vb as q,Wb as lt,X as Y,Z as zt,Zb as R,_a as ne,_b as ye,a as h,ab as oe,ac as ke,b as O,bb as z,bc as xe,c as F,ca as Wt,cb as re,cc as Se,d as E,dc as Oe,e as pt,eb as se,ec as Ee,fc as Te,g as c,ga as P,gc as Ie,h as Nt,i as Dt,ja as mt,jb as ie,k as Lt,ka as Ht,kb as bt,l as j,lb as ae,m as D,ma as dt,mb as st,nb as wt,ob as tt,p as T,pb as it,qa as Gt,qb as le,s as L,sb as at,t as Pt,u as nt,ua as Jt,ub as ce,wb as ue,xa as K,xb as Z,ya as Vt,yb as gt,za as _}from"./first.js";var fn=25,mn=300,dn=["copy","pack","unpack","fetch"],$n=["backup","restore","verify"];function hn(t){return $n.includes(t)?"backup":dn.includes(t)?"files":"settings"}var bn=5,xt=({status:t})=>!["queued","running"].includes(t);function wn(t){let[e,o]=h(null),n=E({steps:[],points:[]});return O(()=>{if(t==null)return;n.current={steps:[],points:[]};let r=new AbortController,s=!0;return L(async()=>{let l=await T("job_status",{job:t,wait:s?0:fn},r.signal);return l.error===null&&(l.step=H(l.step,l.cause)),s=!1,n.current=gn(n.current,l,performance.now()/1e3),o(l),xt(l)?!1:(await new Promise(u=>setTimeout(u,mn)),!r.signal.aborted)},null,r.signal),()=>r.abort()},[t]),[e,n.current]}function gn({steps:t,points:e},{step:o,done:n},r){let s=!t.length||t.at(-1)===o;return{steps:s&&t.length?t:[...t,o].slice(-bn-1),points:[...s?e:[],{at:r,done:n}].slice(-100)}}var yn=({unit:t})=>t==="bytes"?U:M;function vn(t,e){let o=yn(t),n=we(e),r=ge(n,t);return[t.total!==null?i("doneOf",{done:o(t.done),total:o(t.total)}):t.done>0&&o(t.done),n>0&&t.unit==="bytes"&&i("perSecond",{n:U(n)}),r!==null&&i("timeLeft",{n:Ft(r)})].filter(Boolean).join(" \xB7 ")}function St({status:t,id:e=t.job,over:o}){let[n,{steps:r,points:s}]=wn(e),[a,l]=h(null),u=n!==null&&xt(n);O(()=>{u&&o?.(n)},[u]);let p=async()=>{try{await T("job_cancel",{job:n.job})}catch(y){l(y)}},m=H(t.typeTitle||t.type),f=n&&n.kind!=="install"?n.kind:"install",d=i(`doing.${f}`,{what:m}),b=n?.total?Math.min(n.done/n.total,1):null,x=n&&[`${i("jobOf",{n:n.job,by:n.by})} ${n.startedAt===null?"":J(n.startedAt,D())}`.trim(),i("goesOn")];return c`<section class="job" aria-label=${tt.includes(f)?i("installing"):d}>
    <div class="job-head">
      <div>
        <h2>${d}</h2>
        <p class="muted">${x?x.filter(Boolean).join(" \xB7 "):i("goesOn")}</p>
      </div>
      ${n&&P(t.server,hn(n.kind))&&c`<button class="btn" type="button" onClick=${p}><${v} name="x" />${i("cancel")}</button>`}
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
    ${n?.status==="queued"&&c`<p class="muted">${i("jobQueued")}</p>`}
    ${n?.step&&c`<ol class="job-steps">
        ${r.slice(0,-1).map(y=>c`<li class="done" key=${y}><${v} name="circle-check" /><span class="sr">${i("done")}: </span><b>${y}</b></li>`)}
        <li class="run" key=${n.step}>
          <${ot} state="starting" /><span class="sr">${i("now")}: </span><b>${n.step}</b>
          <span class="muted">${vn(n,s)}</span>
        </li>
      </ol>`}
    ${n&&tt.includes(n.kind)&&P(t.server,"view")&&c`<${it} key=${n.job} job=${n.job} isOver=${xt(n)} />`}
    <${z} text=${V(a)} />
  </section>`}A({name:"activity",order:20,icon:"activity",view:R(q,"Happened")});A({name:"backups",order:50,icon:"archive",rights:["backup"],view:R(lt,"Backups"),fits:()=>Y.value.features.includes("backups")});var Ne=262144,Ae=4,kn=25,xn=5e3,Ce=10,Sn=8192,Re=5,On=500,De=t=>Uint8Array.from(atob(t),e=>e.charCodeAt(0)),Le=t=>new TextDecoder().decode(t);async function En(t,e,o){let n=await Pt(t,o);if(n===null)return[0,0];let r=De(n.data),s=n.oldReadIndex&&r.indexOf(Ce)+1,a=r.lastIndexOf(Ce)+1;if(!a)return[n.oldReadIndex,n.oldReadIndex];let l=n.oldReadIndex+s;return e.append(Le(r.subarray(s,a)),l,n.times),[l,n.oldReadIndex+a]}async function Tn(t,e,o,n){let r=Math.min(Ne,o-e);if(r>=Ae)return T("server_log",{server:t,readIndex:e,limit:r,times:!0},n);let a=await T("server_log",{server:t,readIndex:e,limit:Ae,encoding:"base64"},n),l=De(a.data).subarray(0,r);return{...a,data:Le(l),nextReadIndex:e+l.length,times:[]}}var In=()=>new Promise(t=>{document.hidden?t():setTimeout(t)}),An=()=>new Promise(t=>{document.hidden||!globalThis.requestIdleCallback?t():requestIdleCallback(t,{timeout:On})});async function Pe(t,{data:e,oldReadIndex:o,times:n}){let r=performance.now()+Re;for(let s=0,a=0;s<e.length;s=a){a=e.indexOf(`
`,s+Sn)+1||e.length;let l=e.slice(s,a);s===0?t.append(l,o,n):t.append(l),!(performance.now()<r)&&(await In(),r=performance.now()+Re)}}async function Cn(t,e,o,n){let r=new st;r.layout(e.columns);let s=0;for(;s<o;){let a=await Tn(t,s,o,n);if(a.oldReadIndex>=o||!a.data)return;!(s===0)&&a.oldReadIndex>s&&r.gap(i("gone",{n:a.oldReadIndex-s})),await Pe(r,a),s=a.nextReadIndex}e.hasRoomFor(r)&&e.prepend(r)}function Me(t,e){return new Promise(o=>{L(async()=>o(await t()),null,e)})}async function _e(t,e,o,n){let[r,s]=await Me(()=>En(t,e,n),n);o(),Rn(t,e,s,o,n),r!==0&&(await An(),await Me(()=>Cn(t,e,r,n),n),o())}function Rn(t,e,o,n,r){let s=!1;return L(async()=>{let a=s&&bt(),l=ae(r),u;try{u=await T("server_log",{server:t,readIndex:o,limit:Ne,wait:a?kn:0,times:!0},l.signal)}catch(m){if(l.signal.aborted&&!r.aborted)return!0;throw m}finally{l.end()}let p=u.oldReadIndex-o;return p>0&&e.gap(i("gone",{n:p})),u.data&&await Pe(e,u),o=u.nextReadIndex,s=o===u.readIndex||!u.data,n(),!s||bt()},xn,r)}var ct=class{#s;#e;#o;#t=[];#r;#n;constructor(e,o,n=!1){this.#s=e,this.#o=n?r=>r:r=>r.toLowerCase(),this.#e=this.#o(o),this.#r=this.#n=e.dropped}#i(e,o){let{items:n,dropped:r}=this.#s,s=[];for(let a=e;a<o;a++)this.#o(n[a-r].text).includes(this.#e)&&s.push(a);return s}hits(){let{dropped:e,count:o}=this.#s;for(e<this.#r?this.#t=[...this.#i(e,this.#r),...this.#t]:this.#t[0]<e&&(this.#t=this.#t.filter(n=>n>=e)),this.#r=e,this.#n=Math.max(this.#n,e);this.#t.at(-1)>=this.#n;)this.#t.pop();for(let n of this.#i(this.#n,o))this.#t.push(n);return this.#n=Math.max(o-1,e),this.#t}placesIn(e){let o=this.#o(e),n=[],r=o.indexOf(this.#e);for(;r>=0;)n.push([r,r+this.#e.length]),r=o.indexOf(this.#e,r+this.#e.length);return n}};function Mn({text:t}){let[e]=/^[\d.,\s]*\d/.exec(t)??[""];return c`${e&&c`<b>${e}</b>`}${t.slice(e.length)}`}function Be({find:t,setFind:e,found:o}){let n=E(null),{text:r,isExact:s,asked:a}=t;F(()=>n.current.select(),[a]);let l=()=>e({...t,isOpen:!1}),u=m=>{if(m.key==="Enter")o.go(m.shiftKey?-1:1);else if(m.key==="Escape")l();else return;m.preventDefault()},p=(m,f,d,b={})=>c`<button class="btn icon" type="button" aria-label=${i(m)} title=${i(m)} onClick=${d} ...${b}>
      <${v} name=${f} />
    </button>`;return c`<div class="find" role="search">
    <label class="search"
      ><${v} name="search" /><span class="sr">${i("findInLog")}</span
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
  </div>`}var Nn=1500;function Dn({status:t,follows:e}){return t&&Z(t.status)?c`<span class="follow paused"><${v} name="square" /><span>${i("notRunning")}</span></span>`:e?c`<span class="follow"><span class="dot"></span><span>${i("following")}</span></span>`:c`<span class="follow paused"><${v} name="history" /><span>${i("scrolledUp")}</span></span>`}function Fe({id:t,log:e,status:o,isAlone:n,hasFacts:r,turnFacts:s,find:a,setFind:l,setLevel:u,follows:p,chosen:m}){let[f,d]=h(!1),{lines:b}=e,x=()=>l({...a,isOpen:!0,asked:Date.now()});ee(k=>{k.key.toLowerCase()!=="f"||!(k.ctrlKey||k.metaKey)||k.shiftKey||(k.preventDefault(),x())});async function y(){let k=m();await e.whole,await at(k||b.toString()),d(!0),setTimeout(()=>d(!1),Nn)}async function w(){await e.whole;let k=URL.createObjectURL(new Blob([b.toString()],{type:"text/plain"}));Object.assign(document.createElement("a"),{href:k,download:`${t}.log`}).click(),URL.revokeObjectURL(k)}function g(){Lt(()=>window.open(`#/server/${t}/console?alone=1`,"_blank","popup,width=960,height=640"))}let S=(k,N,W,$={})=>c`<button class="btn icon" type="button" aria-label=${k} title=${k} onClick=${W} ...${$}>
      <${v} name=${N} />
    </button>`,I=(k,N,W,$,C={})=>S(k,N,$,{"aria-pressed":String(W),...C}),B=(k,N)=>({icon:N,text:i(`level.${k||"all"}`),act:()=>u(k)});return c`<div class="con-bar" role="toolbar" aria-label=${i("console")}>
    <${Dn} ...${{status:o,follows:p}} /><span class="con-space"></span>
    ${I(i("find"),"search",a.isOpen,()=>a.isOpen?l({...a,isOpen:!1}):x())}
    ${I(i("wrap"),"wrap-text",K.value,()=>Vt(!K.value))}
    ${I(i("stamps"),"clock",_.value,()=>Qt(!_.value))}
    <${rt}
      label=${i("levelsShown",{level:i(`level.${b.least||"all"}`)})}
      items=${[B("","list-filter"),B("warn","triangle-alert"),B("err","circle-alert")]}
      css="btn icon wide"
      ><${v} name="list-filter" /><${v} name="chevron-down"
    /><//>
    <span class="con-rule"></span>
    ${S(f?i("copied"):i("copy"),f?"check":"copy",y,{onMouseDown:k=>k.preventDefault()})}
    ${S(i("downloadLog",{size:U(o?.readIndex??0)}),"download",w)}
    ${!n&&S(i("popOut"),"external-link",g,{"data-wide":!0})}
    ${!n&&c`<span class="con-rule"></span>
        ${I(i(r?"hideFacts":"showFacts"),"panel-right",r,s,{"data-facts":!0})}`}
  </div>`}var Ln=100,Pn=5,Ot=new Ht,Et=t=>(Nt("localStorage",mt(`typed/${t}`))??[]).map(e=>typeof e=="string"?{line:e,at:null}:e);function _n(t,e){if(!e)return;let o=Et(t).filter(n=>n.line!==e);Dt("localStorage",mt(`typed/${t}`),[...o,{line:e,at:D()}].slice(-Ln))}function Bn(t,e){return e.trim()?Et(t).filter(o=>o.line.startsWith(e)&&o.line!==e).toReversed().slice(0,Pn):[]}function Fn(t,e){return P(t,"command")?e?.console==="none"?i("takesNone"):!e||ue(e.status)?"":Z(e.status)?i("cantRun"):i("notNow",{state:i(`state.${e.status}`)}):i("mayNotCommand")}var jn=({isOffered:t})=>c`<span class="cmd-hint" aria-hidden="true"
    >${t?c`<kbd>Tab</kbd> ${i("take")} <kbd>Esc</kbd> ${i("close").toLowerCase()}`:c`<kbd>↑</kbd> ${i("earlier")} <kbd>Tab</kbd> ${i("complete")}`}</span
  >`;function je({id:t,status:e,sent:o}){let[n,r]=h(Ot.get(t,"")),[s,a]=h(!1),[l,u]=h(null),p=E(null),m=E(""),[f,d]=h(!1),[b,x]=h(0),y=Fn(t,e),w=!!y||j.value!==null,g=f&&!y?Bn(t,n):[],S=$=>{Ot.set(t,$),r($)};function I($){p.current=null,u(null),x(0),d($!==""),S($)}async function B($){if($.preventDefault(),!(s||w)){a(!0),d(!1);try{await T("server_cmd",{server:t,command:n}),_n(t,n),u(null),Ot.get(t,"")===n&&I(""),o()}catch(C){u(C)}a(!1)}}function k($){let C=Et(t);p.current===null&&(m.current=n);let X=Math.max((p.current??C.length)+$,0);p.current=X<C.length?X:null,d(!1),S(C[X]?.line??m.current)}function N($){let C={ArrowUp:-1,ArrowDown:1}[$.key];if($.key==="Tab"&&!$.shiftKey&&g.length)I((g[b]??g[0]).line);else if($.key==="Escape"&&g.length)d(!1);else if(C)k(C);else return;$.preventDefault()}let W=l?.problems?.[0]?ne(l.problems[0],"command"):V(l);return c`<form class="cmd" onSubmit=${B}>
    <span class="ps" aria-hidden="true">❯</span>
    <input
      class="mono"
      aria-label=${i("command")}
      aria-disabled=${y?"true":void 0}
      aria-describedby="prompt-why"
      aria-autocomplete="list"
      aria-controls=${g.length?"prompt-offers":void 0}
      aria-activedescendant=${g.length?`prompt-offer-${b}`:void 0}
      readonly=${!!y}
      placeholder=${y||i("typeCommand")}
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
      <${v} name="corner-down-left" /><span>${i("send")}</span>
    </button>
    <p id="prompt-why" class=${y&&n?"why":"sr why-not"}>${y}</p>
    <${z} text=${W} />
    ${g.length>0&&c`<ul class="complete" role="listbox" id="prompt-offers" aria-label=${i("typedBefore")}>
        ${g.map(({line:$,at:C},X)=>c`<li
              key=${$}
              id=${`prompt-offer-${X}`}
              role="option"
              aria-selected=${String(X===b)}
              class="mono"
              onMouseDown=${pn=>{pn.preventDefault(),I($)}}
            >
              <span><b>${$.slice(0,n.length)}</b>${$.slice(n.length)}</span>
              ${C&&c`<span class="muted">${G(C)}</span>`}
            </li>`)}
      </ul>`}
  </form>`}var ut="starting",Un=["stopped","crashed","failed"],Kn=5e-4,zn=200;function qn(t){let{text:e,more:o}=ie(t);return[t.kind===ut?i("runBegins"):`${i("runEnds")} \xB7 ${e.toLowerCase()}`,G(t.at),o].filter(Boolean).join(" \xB7 ")}function Wn(t,e,{runIndex:o,startedAt:n}){let r=t.findLastIndex(({kind:u})=>u===ut),s=r>=0&&n>=t[r].at,a=e.items[0]?.index??0,l=0;return t.map((u,p)=>{let m=e.indexAt(u.kind===ut?u.at:u.at+Kn);return l=Math.max(l,s&&p<=r?Math.min(m,o):m),[l,qn(u)]}).filter(([u])=>a===0||u>a)}function Ue(t,e,o,n,r){let s=E([]),a=()=>{e&&(n(()=>o.separate(Wn(s.current,o,e))),r())},l=e?.status;O(()=>{if(!l)return;let u=new AbortController,p={server:t,kinds:[ut,...Un],limit:zn};return T("event_list",p,u.signal).then(m=>{s.current=m.events,a()}).catch(()=>{}),()=>u.abort()},[t,l,e?.runIndex]),O(a,[o.items[0]?.index])}var Tt=[13,16,20],Ke=[217,223,231],Hn=4.5,ze={black:[141,152,167],red:[255,143,133],green:[127,217,159],yellow:[240,192,96],blue:[134,182,255],magenta:[217,163,255],cyan:[111,211,220],white:Ke,"bright-black":[157,167,181],"bright-red":[255,179,172],"bright-green":[166,232,189],"bright-yellow":[247,214,143],"bright-blue":[177,208,255],"bright-magenta":[231,198,255],"bright-cyan":[160,229,235],"bright-white":[255,255,255]},Gn={black:[0,0,0],"bright-black":[60,68,64],white:[200,206,202]},qe=t=>t.match(/\d+/g).map(Number);function It(t){let[e,o,n]=t.map(r=>{let s=r/255;return s<=.04045?s/12.92:((s+.055)/1.055)**2.4});return .2126*e+.7152*o+.0722*n}function Jn(t,e){let[o,n]=[It(t),It(e)].sort((r,s)=>s-r);return(o+.05)/(n+.05)}function Vn(t,e){let o=It(e)>.18?[0,0,0]:[255,255,255],n=t;for(let r=.1;Jn(n,e)<Hn&&r<=1;r+=.1)n=t.map((s,a)=>Math.round(s+(o[a]-s)*r));return n}var Qn=(t,e)=>t.startsWith("rgb")?qe(t):ze[t]??e,Xn=t=>t.startsWith("rgb")?qe(t):Gn[t]??ze[t]??Tt,et=new Map;function We({fg:t,bg:e,inverse:o,dim:n}){if(!t&&!e&&!o&&!n)return;let r=`${t}|${e}|${o}|${n}`;return et.has(r)||(et.size>4096&&et.clear(),et.set(r,Yn(t,e,o,n))),et.get(r)}function Yn(t,e,o,n){let r=Qn(t,Ke),s=e?Xn(e):Tt;o&&([r,s]=[e?s:Tt,r]),n&&(r=r.map((u,p)=>Math.round(u*.7+s[p]*.3)));let a=u=>`rgb(${u.join(", ")})`,l={color:a(Vn(r,s))};return(e||o)&&(l.backgroundColor=a(s)),l}var Zn=/https?:\/\/[^\s<>"'`\u0000-\u001f\u2028\u2029]+/g,to=".,;:!?)]}";function eo(t){let e=t.length;for(;to.includes(t[e-1]);)e-=1;return t.slice(0,e)}function He(t){if(!t.includes("://"))return[{text:t}];let e=[],o=0;for(let n of t.matchAll(Zn)){let r=eo(n[0]);URL.canParse(r)&&(n.index>o&&e.push({text:t.slice(o,n.index)}),e.push({text:r,href:r}),o=n.index+r.length)}return o<t.length&&e.push({text:t.slice(o)}),e}var no="[gamepanel]";function Ge({row:{runs:t,start:e,line:o,item:n,separator:r},top:s,time:a,marks:l,isHit:u}){let p={top:`${s}px`};if(r!==void 0)return c`<div class="sep" role="separator" style=${p}><span>${r}</span></div>`;let m=n.text.startsWith(no),f=["ln",n.level,m&&"gp",u&&"hit",n.gap&&"gap"];return c`<div style=${p} class=${f.filter(Boolean).join(" ")} data-line=${o}>
    ${a!==null&&c`<time title=${Ut(a)}>${Kt(a)}</time>`}
    ${ro(t,e,l??[]).map(d=>c`<${oo} run=${d} />`)}
  </div>`}function oo({run:{text:t,style:e,isMark:o}}){if(o)return c`<mark>${t}</mark>`;let n=["bold","italic","underline"].filter(r=>e[r]).join(" ");return c`<span class=${n||void 0} style=${We(e)}
    >${He(t).map(({text:r,href:s})=>s?c`<a href=${s} target="_blank" rel="noreferrer noopener">${r}</a>`:r)}</span
  >`}function ro(t,e,o){if(!o.length)return t;let n=[],r=0;for(let[s,a]of[...o,[1/0,1/0]]){let[l,u]=[Math.max(s-e,r),Math.max(a-e,r)];if(n.push(...wt(t,r,l)),l===1/0)break;n.push(...wt(t,l,u).map(p=>({...p,isMark:!0}))),r=u}return n}function so(t){let e=t.cloneContents();return e.querySelectorAll("time").forEach(o=>o.remove()),e.textContent}function At(t){let e=getSelection();if(e.isCollapsed||!t.contains(e.anchorNode))return"";let o=e.getRangeAt(0),n=[],r=null;for(let s of t.querySelectorAll(".ln")){if(!o.intersectsNode(s))continue;let a=o.cloneRange();s.contains(o.startContainer)||a.setStart(s,0),s.contains(o.endContainer)||a.setEnd(s,s.childNodes.length),r!==null&&s.dataset.line!==r&&n.push(`
`),n.push(so(a)),r=s.dataset.line}return n.join("")}function Je(t){let e=At(t.currentTarget);e&&(t.clipboardData.setData("text/plain",e),t.preventDefault())}var io=32,ao=76,Ve="0123456789".repeat(4);function Qe(t,e,o,n){let[r,s]=h({height:400,row:18,column:8,left:0});return F(()=>{let a=()=>{let u=e.current.getBoundingClientRect(),{clientWidth:p,clientHeight:m}=t.current,f=u.width/Ve.length,d=io+(_.value?ao:0);o.layout(K.value?Math.floor((p-d)/f):1/0),s({height:m,row:u.height,column:f,left:d})};a();let l=new ResizeObserver(a);return l.observe(t.current),l.observe(e.current),()=>l.disconnect()},n),{...r,probe:Ve}}function Xe(t,e,{height:o,row:n}){let[r,s]=h(0),[a,l]=h(null),[,u]=h(0),p=a===null,m=E(0),f=(e.droppedRows-m.current)*n,d=E({scrollTop:0,room:0}),b=({scrollTop:w,scrollHeight:g,clientHeight:S})=>({scrollTop:w,room:g-S}),x=w=>w.scrollTop<d.current.scrollTop&&b(w).room>=d.current.room;F(()=>{let w=t.current;p&&x(w)||(m.current=e.droppedRows,p?w.scrollTop=w.scrollHeight:f&&(w.scrollTop-=f),d.current=b(w))});function y(){let w=x(t.current),{scrollTop:g,room:S}=d.current=b(t.current);s(g),w?l(I=>I??e.count):g>=S-2&&l(null)}return{top:r,shift:f,follows:p,fresh:p?0:e.count-a,scrolled:y,keep(w){let g=e.at(Math.floor(t.current.scrollTop/n))+1,S=e.rows[g]??0;w(),m.current+=(e.rows[g]??0)-S},toEnd(){l(null),u(w=>w+1)},show(w){l(g=>g??e.count),t.current.scrollTop=e.rows[w-e.dropped]*n-o/2}}}var lo=500,co=2e3,uo=5,Ye=10;function po(t){let[e]=h(()=>({lines:new st,whole:null})),[,o]=h(0);return F(()=>{let n=new AbortController,r=!0,s=!1,a=()=>{s=!1,n.signal.aborted||o(u=>u+1)},l=()=>{r&&(r=!1,a()),!s&&(s=!0,document.hidden?setTimeout(a,lo):requestAnimationFrame(a))};return e.whole=_e(t,e.lines,l,n.signal),()=>n.abort()},[t]),[e,()=>o(n=>n+1)]}function Ze({id:t,status:e,isAlone:o,hasFacts:n,turnFacts:r}){let[s,a]=po(t),{lines:l}=s;pt(()=>re(e?.type)&&l.readAs(se),[e?.type]);let u=E(null),p=E(null),m=Qe(u,p,l,[K.value,_.value]),f=Xe(u,l,m),[d,b]=h({isOpen:!1,text:"",isExact:!1}),x=fo(l,d,f);Ue(t,e,l,f.keep,a),mo(l,f.follows);let y=$=>{l.filter($),a()},{height:w,row:g}=m,S=l.rowCount*g,I=f.follows?Math.max(0,S-w):Math.max(0,f.top-f.shift),B=Math.max(0,Math.floor(I/g)-Ye),k=Math.ceil((I+w)/g)+Ye,N=l.slice(B,k),W=K.value?void 0:`${(l.items.length?l.widest(B,k):0)*m.column+m.left}px`;return c`<section class="console" aria-label=${i("console")}>
    <${Fe}
      ...${{id:t,log:s,status:e,isAlone:o,hasFacts:n,turnFacts:r,find:d,setFind:b,setLevel:y}}
      follows=${f.follows}
      chosen=${()=>At(u.current)}
    />
    ${d.isOpen&&c`<${Be} ...${{find:d,setFind:b,found:x}} />`}
    <div class="screen-wrap">
      <span class="measure" ref=${p} aria-hidden="true">${m.probe}</span>
      <div
        class="screen"
        role="log"
        aria-label=${i("console")}
        aria-live="off"
        tabindex="0"
        ref=${u}
        onScroll=${f.scrolled}
        onCopy=${Je}
        onKeyDown=${$=>$.key==="End"&&f.toEnd()}
      >
        <div class=${_.value?"all stamped":"all"} style=${{height:`${S}px`,minWidth:W}}>
          ${N.map($=>c`<${Ge}
            key=${$.key}
            row=${$}
            top=${$.row*g}
            time=${_.value&&$.start===0?l.timeAt($.item.index):null}
            marks=${$.item&&x.search?.placesIn($.item.text)}
            isHit=${$.item&&$.line+l.dropped===x.current}
          />`)}
        </div>
      </div>
      ${!f.follows&&c`<button class="btn down" type="button" onClick=${f.toEnd}>
          <${v} name="arrow-down" />${f.fresh>0?ft("newLines",f.fresh):i("toNewest")} <kbd aria-hidden="true">End</kbd>
        </button>`}
    </div>
    <${je} key=${t} ...${{id:t,status:e}} sent=${f.toEnd} />
  </section>`}function fo(t,{isOpen:e,text:o,isExact:n},r){let s=e?o:"",[a,l]=h(0),u=pt(()=>s?new ct(t,s,n):null,[s,n]),p=u?.hits()??[],m=p.length?p[Math.min(a,p.length-1)]:null,f=b=>{l(b),r.show(p[b])};F(()=>{p.length&&f(p.length-1)},[u,p.length>0]);let d=s?p.length?i("found",{at:M(Math.min(a,p.length-1)+1),n:M(p.length)}):i("notFound"):"";return O(()=>dt(d),[d]),{search:u,current:m,where:d,go:b=>p.length&&f((a+b+p.length)%p.length)}}function mo(t,e){let o=E(null);O(()=>{let n=setInterval(()=>{if(j.value!==null)return;let r=o.current===null?0:t.count-o.current;if(o.current=t.count,r<=0||!e||document.hidden)return;let s=t.items.slice(-r).map(a=>a.text);dt(r<=uo?s.join(`
`):ft("newLines",r))},co);return()=>clearInterval(n)},[e])}function tn(t,e){let[o,n]=h(null),[r,s]=h(null),a=async(l,u)=>{try{n(await T("server_versions",{server:t,refresh:l},u)),s(null)}catch(p){u?.aborted||s(p)}};return O(()=>{if(!e)return;let l=new AbortController;return a(!1,l.signal),()=>l.abort()},[t,e]),[o,r,()=>a(!0)]}var $o=t=>!!t?.available&&t.available!==t.installed;function en({status:t}){let{server:e,installed:o}=t,[n,r]=h(!1),[s,a,l]=tn(e,!!o);if(!o)return null;let u=$o(s);return c`<section>
    <h2>${i("version")}</h2>
    <p title=${i("installedAt",{when:J(o.at,D())})}>
      ${o.version??i("unknown")}${s?.pinned&&c` <span class="tag">${i("pinnedVersion")}</span>`}
    </p>
    <p class="update">
      ${u&&c`<${v} name="arrow-up" /><span>${i("isOut",{version:s.available})}</span>`}
      ${s&&!u&&c`<span class="muted">${i("isNewest",{when:J(s.at,D())})}</span>`}
      ${a&&a.code!=="not_installable"&&c`<span class="muted">${V(a)}</span>`}
      ${P(e,"settings")&&(u?c`<button class="btn small" type="button" onClick=${()=>r(!0)}>${i("update")} …</button>`:c`<button class="btn small" type="button" onClick=${l}>${i("lookAgain")}</button>`)}
    </p>
    ${n&&c`<${Ct} status=${t} versions=${s} close=${()=>r(!1)} />`}
  </section>`}function Ct({status:t,versions:e=null,close:o}){let{server:n,installed:r,status:s}=t,[a]=tn(n,e===null),[l,u]=h(null),[p,m]=h(!1),[f,d]=he(t,i("beforeUpdate")),{available:b}=e??a??{},x=r?.version,y=Z(s)?j.value!==null?i("awayWait"):"":i("destroyStopped");async function w(){if(!(y||p)){m(!0);try{await d(()=>fe(Q,t)),o()}catch(S){u(S),m(!1)}}}let g=x&&b?i("updateFromTo",{id:n,from:x,to:b}):i("sureTitle",{verb:yt(Q,t),id:n});return c`<${oe} title=${g} close=${o}>
    <p>${i("updateAbout")}</p>
    ${f}
    ${y&&c`<p>${y}</p>`}
    <${z} text=${V(l)} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${o}>${i("cancel")}</button>
      <button
        type="button"
        class=${p?"btn primary busy":"btn primary"}
        aria-disabled=${y?"true":void 0}
        title=${y||void 0}
        onClick=${w}
      >
        <${v} name="arrow-up" />${yt(Q,t)}
      </button>
    </div>
  <//>`}var ho=10;function Rt({name:t,now:e,samples:o,most:n=0,limit:r=null}){return c`<div class="mini">
    <div><span>${i(t)}</span><b>${e}</b></div>
    ${o&&c`<div class="mini-plot">
        <${Te} samples=${o} most=${Math.max(n,r?.value??0)} label=${`${i(t)} ${e}`} />
        ${r&&c`<span class="mini-limit"></span>`}
      </div>`}
    ${r&&c`<span class="muted">${r.text}</span>`}
  </div>`}function bo({status:t}){let{usage:e,players:o,server:n}=t,r=qt(n),s=u=>r.map(p=>({at:p.at,value:p[u]})),a=ce(t),l=e&&j.value===null;return c`<section>
    <h2>${i("rightNow")}</h2>
    <${Rt} name="cpu" now=${l?Bt(e.cpuPercent):"\u2013"} samples=${e&&s("cpu")} most=${ho} limit=${a.cpuPercent} />
    <${Rt} name="memory" now=${l?U(e.memoryBytes):"\u2013"} samples=${e&&s("memory")} limit=${a.memoryBytes} />
    ${o&&c`<${Rt} name="players" now=${M(o.online)} samples=${e&&s("players")} most=${o.max??1} />`}
  </section>`}var nn=({title:t,rows:e})=>c`<section>
    <h2>${t}</h2>
    <dl>
      ${e.filter(Boolean).map(([o,n])=>c`<div key=${o}>
          <dt>${o}</dt>
          <dd>${n}</dd>
        </div>`)}
    </dl>
  </section>`,wo=({status:t,exit:e})=>t==="failed"&&e.code===null?i("state.failed"):ve(e);function on({status:t}){let{startedAt:e,pid:o,exit:n,readIndex:r,ports:s=[],runPorts:a}=t,l=f=>a?.find(d=>d.name===f),u=({port:f,protocol:d})=>`${f} ${i(`protocol.${d}`)}`,p=Se(t),m=[e!==null&&[i("startedAt"),G(e)],o!==null&&[i("pid"),o],[i("lastExit"),n?`${wo(t)}, ${G(n.at)}`:i("never")],[i("crashed"),p||i("noCrashes")],[i("logSize"),U(r)]];return c`<aside class="facts" id="facts" aria-label=${i("facts")}>
    <${bo} status=${t} />
    <${nn} title=${i("thisRun")} rows=${m} />
    <${en} key=${t.server} status=${t} />
    ${s.length>0&&c`<${nn}
        title=${i("ports")}
        rows=${s.map(f=>{let d=l(f.name)??f,b=d.port!==f.port,x=c`${u(d)}${b&&c`<br /><span class="muted">${i("fromNextStart",{port:u(f)})}</span>`}`;return[H(_t(f.name.replaceAll("_"," "))),x]})}
      />`}
  </aside>`}function rn({status:t}){return t.status==="installing"?c`<${St} status=${t} />`:(sn(t)||t.needsInstall)&&c`<${yo} status=${t} />`}var sn=({status:t,exit:e})=>["crashed","failed","waiting"].includes(t)&&e;function go({server:t,status:e,needsInstall:o,exit:n}){let[r,s]=h(null),a=(o||e==="failed")&&P(t,"view");return O(()=>{if(s(null),!a)return;let l=new AbortController;return L(async()=>{let[p]=(await T("job_list",{server:t,limit:1},l.signal)).jobs,m=p&&p.status==="failed"&&tt.includes(p.kind)&&p.endedAt>=(n?.at??0)-1;s(m?p.job:null)},null,l.signal),()=>l.abort()},[t,a,n?.at]),r}function yo({status:t}){let{status:e,exit:o}=t,n=de(t),r=go(t),s=n.reasonNot(gt),a=sn(t)&&{title:xe(i(`down.${e}`,{when:J(o.at,D())}),t),about:ke(o),said:ye(o.reason)},{title:l,about:u,said:p}=a||{title:i("code.not_installed")};return c`<section class=${e==="waiting"?"notice warn":"notice bad"} aria-label=${i("whatHappened")}>
    <span><${ot} state=${e} /></span>
    <div>
      <b>${l}</b>
      ${u&&c`<p>${u}</p>`}
      ${p&&c`<pre class="said">${p}</pre>`}
      ${r!==null&&c`<${it} key=${r} job=${r} isOver />`}
      <${z} text=${n.problem} />
    </div>
    <div class="notice-acts">
      ${t.needsInstall?pe(Q,t)&&c`<button class="btn primary" type="button" onClick=${()=>n.press(Q)}><${v} name="download" />${i("installAgain")} …</button>`:c`<button
              class="btn primary"
              type="button"
              aria-disabled=${s?"true":void 0}
              title=${s||void 0}
              onClick=${()=>n.press(gt)}
            >
              <${v} name="play" />${i("startAgain")}
            </button>`}
    </div>
    ${n.question}
  </section>`}var an="facts";function vo({id:t,status:e}){let o=!!nt.value.query.alone,n=!o&&!Jt.value.includes(an);return c`${e&&!o&&c`<${rn} status=${e} />`}
    <div class=${n?"console-grid":"console-grid folded"}>
      <${Ze}
        key=${t}
        ...${{id:t,status:e,isAlone:o,hasFacts:n}}
        turnFacts=${()=>Yt(an)}
      />
      ${n&&e&&c`<${on} status=${e} />`}
    </div>`}A({name:"console",order:10,icon:"terminal",view:vo});A({name:"files",order:40,icon:"folder",rights:["files"],view:R(lt,"Files"),fits:()=>Y.value.features.includes("files")});A({name:"players",order:30,icon:"users",view:R(q,"Players"),fits:({players:t})=>t!==void 0,count:({players:t})=>t?.online});A({name:"schedules",order:60,icon:"calendar-clock",view:R(q,"Schedules"),fits:()=>Y.value.features.includes("schedules")});A({name:"settings",order:90,icon:"settings",rights:["settings","destroy"],view:R(q,"Settings")});var ko=1e3,ln=5;function xo(t,e,o){let n=["crashed","failed"].includes(o)?`${t} ${i(`state.${o}`)}`:t;return e==="console"||!kt(e)?n:`${n} \xB7 ${i(e)}`}function So(t){let[e,o]=h(!1);return O(()=>{let n=new AbortController;return L(async()=>{try{await Wt(t,n.signal),o(!1)}catch(s){throw["no_such_server","bad_request"].includes(s.code)&&o(!0),s}},ko,n.signal),()=>n.abort()},[t]),e}function cn({id:t,tab:e}){let o=So(t),n=zt.value?.get(t),r=n?.status;if(O(()=>Ie(xo(t,e,r)),[t,e,r]),o)return c`<${$t} icon="server" title=${i("noServer")}>
      <a class="btn" href="#/">${i("toServers")}</a>
    <//>`;let s=kt(e),a=!!nt.value.query.alone,l=c`<a class="btn" href=${`#/server/${t}/console`}>${i("console")}</a>`;return c`${!a&&c`<${Oo} ...${{id:t,status:n,tab:e}} />`}
    <div class="tab-body">
      ${s?be(t,s)?c`<${s.view} key=${e} ...${{id:t,status:n}} />`:c`<${Zt}>${l}<//>`:c`<${$t} icon="info" title=${i("notFoundPage")}>${l}<//>`}
    </div>
    ${!a&&c`<${Io} ...${{id:t,tab:e}} />`}`}function Oo({id:t,status:e,tab:o}){let n=e&&[H(e.typeTitle||e.type),e.description].filter(Boolean).join(" \xB7 ");return c`<header class="server-head">
    <div class="sh-top">
      <a class="btn icon back" href="#/" aria-label=${i("toServers")} title=${i("toServers")}
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
  </header>`}var un=(t,{name:e,icon:o,count:n},r,s)=>{let a=s&&n?.(s);return c`<a key=${e} href=${`#/server/${t}/${e}`} aria-current=${e===r?"page":void 0}
    ><${v} name=${o} /><span>${i(e)}</span>${typeof a=="number"&&c` <span class="count">${M(a)}</span>`}</a
  >`};function Eo(t){let{server:e}=t;return[ht(t)!==null&&{icon:"copy",text:i("copyAddress"),act:()=>at(Oe(t))},{icon:"pin",text:i(Gt.value.includes(e)?"unpin":"pin"),act:()=>Xt(e)}]}var Mt=({css:t,name:e,children:o})=>c`<span class=${`sh-fact ${t}`}
    ><span class="k">${i(e)}</span><span class="v">${o}</span></span
  >`;function To({status:t}){let{players:e,uptime:o}=t;return c`<div class="sh-facts">
    <${me} state=${te(t)} />
    ${ht(t)!==null&&c`<${Mt} css="addr" name="address"><${Ee} status=${t} /><//>`}
    ${e!==void 0&&c`<${Mt} css="pl" name="players"
        >${e?c`<b>${M(e.online)}</b>${e.max!==null&&` ${i("ofMost",{n:M(e.max)})}`}`:"\u2013"}<//
      >`}
    <${Mt} css="up" name="uptime">${o===null?"\u2013":jt(o)}<//>
  </div>`}function Io({id:t,tab:e}){let o=vt(t),n=o.length>ln?o.slice(0,ln-1):o,r=o.slice(n.length);return c`<nav class="bottom" aria-label=${i("tabsShort",{id:t})}>
    ${n.map(s=>un(t,s,e,null))}
    ${r.length>0&&c`<${rt}
        label=${i("more")}
        css=${r.some(({name:s})=>s===e)?"here":""}
        side="up"
        items=${r.map(({name:s,icon:a})=>({icon:a,text:i(s),act:()=>location.hash=`#/server/${t}/${s}`}))}
        ><${v} name="ellipsis" /><span>${i("more")}</span><//
      >`}
  </nav>`}export{St as Job,cn as Server,Ct as Update};
