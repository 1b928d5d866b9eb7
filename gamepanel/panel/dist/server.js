import{$ as Wt,$a as re,$b as Ee,Ab as wt,B as a,Bb as pe,C as z,Ca as g,Cb as fe,Da as et,E as ut,Ea as mt,Eb as me,F as Lt,Fa as Yt,Fb as de,G as C,H as j,I as Pt,Ib as R,J as _t,Jb as yt,K as Ft,Kb as gt,L as Bt,La as Zt,Lb as $e,M as jt,Ma as dt,Mb as he,Na as te,Nb as be,P as H,Pb as Y,Q as G,Qb as we,S as J,Tb as q,U as Ut,Ub as ye,Va as ee,Vb as ge,W as Kt,Wa as nt,Wb as ve,Xa as ne,Xb as xe,Y as qt,Ya as K,Yb as ke,Za as oe,Zb as Se,_b as Oe,a as b,ac as Te,b as O,c as F,d as E,da as L,e as ct,eb as se,fb as $t,g as c,ga as pt,gb as ae,h as Rt,ha as zt,hb as ot,i as Mt,ib as ht,ja as ft,jb as rt,k as Nt,kb as st,l as B,lb as ie,m as N,na as Ht,nb as at,p as T,pb as le,ra as Gt,rb as ce,s as D,sa as U,sb as X,t as Dt,ta as Jt,tb as bt,u as tt,ua as P,va as Vt,xb as V,ya as Qt,za as Xt,zb as ue}from"./first.js";var fn=25,mn=300,Ie=["copy","pack","unpack","fetch"],dn=["backup","restore","verify"];function $n(t){return dn.includes(t)?"backup":Ie.includes(t)?"files":"settings"}var hn=5,vt=({status:t})=>!["queued","running"].includes(t);function bn(t){let[e,o]=b(null),n=E({steps:[],points:[]});return O(()=>{if(t==null)return;n.current={steps:[],points:[]};let r=new AbortController,s=!0;return D(async()=>{let l=await T("job_status",{job:t,wait:s?0:fn},r.signal);return l.error===null&&(l.step=z(l.step,l.cause)),s=!1,n.current=wn(n.current,l,performance.now()/1e3),o(l),vt(l)?!1:(await new Promise(u=>setTimeout(u,mn)),!r.signal.aborted)},null,r.signal),()=>r.abort()},[t]),[e,n.current]}function wn({steps:t,points:e},{step:o,done:n},r){let s=!t.length||t.at(-1)===o;return{steps:s&&t.length?t:[...t,o].slice(-hn-1),points:[...s?e:[],{at:r,done:n}].slice(-100)}}var yn=({unit:t})=>t==="bytes"?j:C;function gn(t,e){let o=yn(t),n=he(e),r=be(n,t);return[t.total!==null?a("doneOf",{done:o(t.done),total:o(t.total)}):t.done>0&&o(t.done),n>0&&t.unit==="bytes"&&a("perSecond",{n:j(n)}),r!==null&&a("timeLeft",{n:_t(r)})].filter(Boolean).join(" \xB7 ")}function xt({status:t,id:e=t.job,over:o}){let[n,{steps:r,points:s}]=bn(e),[i,l]=b(null),u=n!==null&&vt(n);O(()=>{u&&o?.(n)},[u]);let p=async()=>{try{await T("job_cancel",{job:n.job})}catch(x){l(x)}},m=z(t.typeTitle||t.type),f=n&&n.kind!=="install"?n.kind:"install",d=a(`doing.${f}`,{what:m}),h=n?.total?Math.min(n.done/n.total,1):null,k=n&&[`${a("jobOf",{n:n.job,by:n.by})} ${n.startedAt===null?"":G(n.startedAt,N())}`.trim(),a("goesOn")];return c`<section class="job" aria-label=${Ie.includes(f)?d:a("installing")}>
    <div class="job-head">
      <div>
        <h2>${d}</h2>
        <p class="muted">${k?k.filter(Boolean).join(" \xB7 "):a("goesOn")}</p>
      </div>
      ${n&&L(t.server,$n(n.kind))&&c`<button class="btn" type="button" onClick=${p}><${g} name="x" />${a("cancel")}</button>`}
    </div>
    <div
      class="progress"
      role="progressbar"
      aria-label=${d}
      aria-valuenow=${h===null?void 0:Math.round(100*h)}
      aria-valuemin="0"
      aria-valuemax="100"
    >
      <span style=${{width:`${100*(h??0)}%`}}></span>
    </div>
    ${n?.status==="queued"&&c`<p class="muted">${a("jobQueued")}</p>`}
    ${n?.step&&c`<ol class="job-steps">
        ${r.slice(0,-1).map(x=>c`<li class="done" key=${x}><${g} name="circle-check" /><span class="sr">${a("done")}: </span><b>${x}</b></li>`)}
        <li class="run" key=${n.step}>
          <${et} state="starting" /><span class="sr">${a("now")}: </span><b>${n.step}</b>
          <span class="muted">${gn(n,s)}</span>
        </li>
      </ol>`}
    ${n&&rt.includes(n.kind)&&L(t.server,"view")&&c`<${st} key=${n.job} job=${n.job} isOver=${vt(n)} />`}
    <${K} text=${J(i)} />
  </section>`}R({name:"activity",order:20,icon:"activity",view:q(Y,"Happened")});var Ne=262144,Ae=4,vn=25,xn=5e3,Ce=10,kn=8192,Re=5,Sn=500,De=t=>Uint8Array.from(atob(t),e=>e.charCodeAt(0)),Le=t=>new TextDecoder().decode(t);async function On(t,e,o){let n=await Dt(t,o);if(n===null)return[0,0];let r=De(n.data),s=n.oldReadIndex&&r.indexOf(Ce)+1,i=r.lastIndexOf(Ce)+1;if(!i)return[n.oldReadIndex,n.oldReadIndex];let l=n.oldReadIndex+s;return e.append(Le(r.subarray(s,i)),l,n.times),[l,n.oldReadIndex+i]}async function En(t,e,o,n){let r=Math.min(Ne,o-e);if(r>=Ae)return T("server_log",{server:t,readIndex:e,limit:r,times:!0},n);let i=await T("server_log",{server:t,readIndex:e,limit:Ae,encoding:"base64"},n),l=De(i.data).subarray(0,r);return{...i,data:Le(l),nextReadIndex:e+l.length,times:[]}}var Tn=()=>new Promise(t=>{document.hidden?t():setTimeout(t)}),In=()=>new Promise(t=>{document.hidden||!globalThis.requestIdleCallback?t():requestIdleCallback(t,{timeout:Sn})});async function Pe(t,{data:e,oldReadIndex:o,times:n}){let r=performance.now()+Re;for(let s=0,i=0;s<e.length;s=i){i=e.indexOf(`
`,s+kn)+1||e.length;let l=e.slice(s,i);s===0?t.append(l,o,n):t.append(l),!(performance.now()<r)&&(await Tn(),r=performance.now()+Re)}}async function An(t,e,o,n){let r=new ot;r.layout(e.columns);let s=0;for(;s<o;){let i=await En(t,s,o,n);if(i.oldReadIndex>=o||!i.data)return;!(s===0)&&i.oldReadIndex>s&&r.gap(a("gone",{n:i.oldReadIndex-s})),await Pe(r,i),s=i.nextReadIndex}e.hasRoomFor(r)&&e.prepend(r)}function Me(t,e){return new Promise(o=>{D(async()=>o(await t()),null,e)})}async function _e(t,e,o,n){let[r,s]=await Me(()=>On(t,e,n),n);o(),Cn(t,e,s,o,n),r!==0&&(await In(),await Me(()=>An(t,e,r,n),n),o())}function Cn(t,e,o,n,r){let s=!1;return D(async()=>{let i=s&&$t(),l=ae(r),u;try{u=await T("server_log",{server:t,readIndex:o,limit:Ne,wait:i?vn:0,times:!0},l.signal)}catch(m){if(l.signal.aborted&&!r.aborted)return!0;throw m}finally{l.end()}let p=u.oldReadIndex-o;return p>0&&e.gap(a("gone",{n:p})),u.data&&await Pe(e,u),o=u.nextReadIndex,s=o===u.readIndex||!u.data,n(),!s||$t()},xn,r)}var it=class{#s;#e;#o;#t=[];#r;#n;constructor(e,o,n=!1){this.#s=e,this.#o=n?r=>r:r=>r.toLowerCase(),this.#e=this.#o(o),this.#r=this.#n=e.dropped}#a(e,o){let{items:n,dropped:r}=this.#s,s=[];for(let i=e;i<o;i++)this.#o(n[i-r].text).includes(this.#e)&&s.push(i);return s}hits(){let{dropped:e,count:o}=this.#s;for(e<this.#r?this.#t=[...this.#a(e,this.#r),...this.#t]:this.#t[0]<e&&(this.#t=this.#t.filter(n=>n>=e)),this.#r=e,this.#n=Math.max(this.#n,e);this.#t.at(-1)>=this.#n;)this.#t.pop();for(let n of this.#a(this.#n,o))this.#t.push(n);return this.#n=Math.max(o-1,e),this.#t}placesIn(e){let o=this.#o(e),n=[],r=o.indexOf(this.#e);for(;r>=0;)n.push([r,r+this.#e.length]),r=o.indexOf(this.#e,r+this.#e.length);return n}};function Rn({text:t}){let[e]=/^[\d.,\s]*\d/.exec(t)??[""];return c`${e&&c`<b>${e}</b>`}${t.slice(e.length)}`}function Fe({find:t,setFind:e,found:o}){let n=E(null),{text:r,isExact:s,asked:i}=t;F(()=>n.current.select(),[i]);let l=()=>e({...t,isOpen:!1}),u=m=>{if(m.key==="Enter")o.go(m.shiftKey?-1:1);else if(m.key==="Escape")l();else return;m.preventDefault()},p=(m,f,d,h={})=>c`<button class="btn icon" type="button" aria-label=${a(m)} title=${a(m)} onClick=${d} ...${h}>
      <${g} name=${f} />
    </button>`;return c`<div class="find" role="search">
    <label class="search"
      ><${g} name="search" /><span class="sr">${a("findInLog")}</span
      ><input
        type="search"
        autocomplete="off"
        ref=${n}
        value=${r}
        onInput=${m=>e({...t,text:m.target.value})}
        onKeyDown=${u}
    /></label>
    <span class="hits"><${Rn} text=${o.where} /></span>
    ${p("previous","chevron-up",()=>o.go(-1))} ${p("next","chevron-down",()=>o.go(1))}
    ${p("caseMatters","case-sensitive",()=>e({...t,isExact:!s}),{"aria-pressed":String(s)})}
    ${p("closeFind","x",l)}
  </div>`}var Mn=1500;function Nn({status:t,follows:e}){return t&&X(t.status)?c`<span class="follow paused"><${g} name="square" /><span>${a("notRunning")}</span></span>`:e?c`<span class="follow"><span class="dot"></span><span>${a("following")}</span></span>`:c`<span class="follow paused"><${g} name="history" /><span>${a("scrolledUp")}</span></span>`}function Be({id:t,log:e,status:o,isAlone:n,hasFacts:r,turnFacts:s,find:i,setFind:l,setLevel:u,follows:p,chosen:m}){let[f,d]=b(!1),{lines:h}=e,k=()=>l({...i,isOpen:!0,asked:Date.now()});te(v=>{v.key.toLowerCase()!=="f"||!(v.ctrlKey||v.metaKey)||v.shiftKey||(v.preventDefault(),k())});async function x(){let v=m();await e.whole,await at(v||h.toString()),d(!0),setTimeout(()=>d(!1),Mn)}async function w(){await e.whole;let v=URL.createObjectURL(new Blob([h.toString()],{type:"text/plain"}));Object.assign(document.createElement("a"),{href:v,download:`${t}.log`}).click(),URL.revokeObjectURL(v)}function y(){Nt(()=>window.open(`#/server/${t}/console?alone=1`,"_blank","popup,width=960,height=640"))}let S=(v,M,W,$={})=>c`<button class="btn icon" type="button" aria-label=${v} title=${v} onClick=${W} ...${$}>
      <${g} name=${M} />
    </button>`,I=(v,M,W,$,A={})=>S(v,M,$,{"aria-pressed":String(W),...A}),_=(v,M)=>({icon:M,text:a(`level.${v||"all"}`),act:()=>u(v)});return c`<div class="con-bar" role="toolbar" aria-label=${a("console")}>
    <${Nn} ...${{status:o,follows:p}} /><span class="con-space"></span>
    ${I(a("find"),"search",i.isOpen,()=>i.isOpen?l({...i,isOpen:!1}):k())}
    ${I(a("wrap"),"wrap-text",U.value,()=>Jt(!U.value))}
    ${I(a("stamps"),"clock",P.value,()=>Vt(!P.value))}
    <${nt}
      label=${a("levelsShown",{level:a(`level.${h.least||"all"}`)})}
      items=${[_("","list-filter"),_("warn","triangle-alert"),_("err","circle-alert")]}
      css="btn icon wide"
      ><${g} name="list-filter" /><${g} name="chevron-down"
    /><//>
    <span class="con-rule"></span>
    ${S(f?a("copied"):a("copy"),f?"check":"copy",x,{onMouseDown:v=>v.preventDefault()})}
    ${S(a("downloadLog",{size:j(o?.readIndex??0)}),"download",w)}
    ${!n&&S(a("popOut"),"external-link",y,{"data-wide":!0})}
    ${!n&&c`<span class="con-rule"></span>
        ${I(a(r?"hideFacts":"showFacts"),"panel-right",r,s,{"data-facts":!0})}`}
  </div>`}var Dn=100,Ln=5,kt=new zt,St=t=>(Rt("localStorage",pt(`typed/${t}`))??[]).map(e=>typeof e=="string"?{line:e,at:null}:e);function Pn(t,e){if(!e)return;let o=St(t).filter(n=>n.line!==e);Mt("localStorage",pt(`typed/${t}`),[...o,{line:e,at:N()}].slice(-Dn))}function _n(t,e){return e.trim()?St(t).filter(o=>o.line.startsWith(e)&&o.line!==e).toReversed().slice(0,Ln):[]}function Fn(t,e){return L(t,"command")?e?.console==="none"?a("takesNone"):!e||ce(e.status)?"":X(e.status)?a("cantRun"):a("notNow",{state:a(`state.${e.status}`)}):a("mayNotCommand")}var Bn=({isOffered:t})=>c`<span class="cmd-hint" aria-hidden="true"
    >${t?c`<kbd>Tab</kbd> ${a("take")} <kbd>Esc</kbd> ${a("close").toLowerCase()}`:c`<kbd>↑</kbd> ${a("earlier")} <kbd>Tab</kbd> ${a("complete")}`}</span
  >`;function je({id:t,status:e,sent:o}){let[n,r]=b(kt.get(t,"")),[s,i]=b(!1),[l,u]=b(null),p=E(null),m=E(""),[f,d]=b(!1),[h,k]=b(0),x=Fn(t,e),w=!!x||B.value!==null,y=f&&!x?_n(t,n):[],S=$=>{kt.set(t,$),r($)};function I($){p.current=null,u(null),k(0),d($!==""),S($)}async function _($){if($.preventDefault(),!(s||w)){i(!0),d(!1);try{await T("server_cmd",{server:t,command:n}),Pn(t,n),u(null),kt.get(t,"")===n&&I(""),o()}catch(A){u(A)}i(!1)}}function v($){let A=St(t);p.current===null&&(m.current=n);let Q=Math.max((p.current??A.length)+$,0);p.current=Q<A.length?Q:null,d(!1),S(A[Q]?.line??m.current)}function M($){let A={ArrowUp:-1,ArrowDown:1}[$.key];if($.key==="Tab"&&!$.shiftKey&&y.length)I((y[h]??y[0]).line);else if($.key==="Escape"&&y.length)d(!1);else if(A)v(A);else return;$.preventDefault()}let W=l?.problems?.[0]?ee(l.problems[0],"command"):J(l);return c`<form class="cmd" onSubmit=${_}>
    <span class="ps" aria-hidden="true">❯</span>
    <input
      class="mono"
      aria-label=${a("command")}
      aria-disabled=${x?"true":void 0}
      aria-describedby="prompt-why"
      aria-autocomplete="list"
      aria-controls=${y.length?"prompt-offers":void 0}
      aria-activedescendant=${y.length?`prompt-offer-${h}`:void 0}
      readonly=${!!x}
      placeholder=${x||a("typeCommand")}
      title=${x||void 0}
      value=${n}
      maxlength="4095"
      autocomplete="off"
      autocapitalize="none"
      spellcheck=${!1}
      enterkeyhint="send"
      onInput=${$=>I($.target.value)}
      onKeyDown=${M}
      onBlur=${()=>d(!1)}
    />
    ${!x&&c`<${Bn} isOffered=${y.length>0} />`}
    <button class="btn" type="submit" aria-disabled=${w?"true":void 0} title=${x||void 0}>
      <${g} name="corner-down-left" /><span>${a("send")}</span>
    </button>
    <p id="prompt-why" class=${x&&n?"why":"sr why-not"}>${x}</p>
    <${K} text=${W} />
    ${y.length>0&&c`<ul class="complete" role="listbox" id="prompt-offers" aria-label=${a("typedBefore")}>
        ${y.map(({line:$,at:A},Q)=>c`<li
              key=${$}
              id=${`prompt-offer-${Q}`}
              role="option"
              aria-selected=${String(Q===h)}
              class="mono"
              onMouseDown=${pn=>{pn.preventDefault(),I($)}}
            >
              <span><b>${$.slice(0,n.length)}</b>${$.slice(n.length)}</span>
              ${A&&c`<span class="muted">${H(A)}</span>`}
            </li>`)}
      </ul>`}
  </form>`}var lt="starting",jn=["stopped","crashed","failed"],Un=5e-4,Kn=200;function qn(t){let{text:e,more:o}=se(t);return[t.kind===lt?a("runBegins"):`${a("runEnds")} \xB7 ${e.toLowerCase()}`,H(t.at),o].filter(Boolean).join(" \xB7 ")}function Wn(t,e,{runIndex:o,startedAt:n}){let r=t.findLastIndex(({kind:u})=>u===lt),s=r>=0&&n>=t[r].at,i=e.items[0]?.index??0,l=0;return t.map((u,p)=>{let m=e.indexAt(u.kind===lt?u.at:u.at+Un);return l=Math.max(l,s&&p<=r?Math.min(m,o):m),[l,qn(u)]}).filter(([u])=>i===0||u>i)}function Ue(t,e,o,n,r){let s=E([]),i=()=>{e&&(n(()=>o.separate(Wn(s.current,o,e))),r())},l=e?.status;O(()=>{if(!l)return;let u=new AbortController,p={server:t,kinds:[lt,...jn],limit:Kn};return T("event_list",p,u.signal).then(m=>{s.current=m.events,i()}).catch(()=>{}),()=>u.abort()},[t,l,e?.runIndex]),O(i,[o.items[0]?.index])}var Ot=[13,16,20],Ke=[217,223,231],zn=4.5,qe={black:[141,152,167],red:[255,143,133],green:[127,217,159],yellow:[240,192,96],blue:[134,182,255],magenta:[217,163,255],cyan:[111,211,220],white:Ke,"bright-black":[157,167,181],"bright-red":[255,179,172],"bright-green":[166,232,189],"bright-yellow":[247,214,143],"bright-blue":[177,208,255],"bright-magenta":[231,198,255],"bright-cyan":[160,229,235],"bright-white":[255,255,255]},Hn={black:[0,0,0],"bright-black":[60,68,64],white:[200,206,202]},We=t=>t.match(/\d+/g).map(Number);function Et(t){let[e,o,n]=t.map(r=>{let s=r/255;return s<=.04045?s/12.92:((s+.055)/1.055)**2.4});return .2126*e+.7152*o+.0722*n}function Gn(t,e){let[o,n]=[Et(t),Et(e)].sort((r,s)=>s-r);return(o+.05)/(n+.05)}function Jn(t,e){let o=Et(e)>.18?[0,0,0]:[255,255,255],n=t;for(let r=.1;Gn(n,e)<zn&&r<=1;r+=.1)n=t.map((s,i)=>Math.round(s+(o[i]-s)*r));return n}var Vn=(t,e)=>t.startsWith("rgb")?We(t):qe[t]??e,Qn=t=>t.startsWith("rgb")?We(t):Hn[t]??qe[t]??Ot,Z=new Map;function ze({fg:t,bg:e,inverse:o,dim:n}){if(!t&&!e&&!o&&!n)return;let r=`${t}|${e}|${o}|${n}`;return Z.has(r)||(Z.size>4096&&Z.clear(),Z.set(r,Xn(t,e,o,n))),Z.get(r)}function Xn(t,e,o,n){let r=Vn(t,Ke),s=e?Qn(e):Ot;o&&([r,s]=[e?s:Ot,r]),n&&(r=r.map((u,p)=>Math.round(u*.7+s[p]*.3)));let i=u=>`rgb(${u.join(", ")})`,l={color:i(Jn(r,s))};return(e||o)&&(l.backgroundColor=i(s)),l}var Yn=/https?:\/\/[^\s<>"'`\u0000-\u001f\u2028\u2029]+/g,Zn=".,;:!?)]}";function to(t){let e=t.length;for(;Zn.includes(t[e-1]);)e-=1;return t.slice(0,e)}function He(t){if(!t.includes("://"))return[{text:t}];let e=[],o=0;for(let n of t.matchAll(Yn)){let r=to(n[0]);URL.canParse(r)&&(n.index>o&&e.push({text:t.slice(o,n.index)}),e.push({text:r,href:r}),o=n.index+r.length)}return o<t.length&&e.push({text:t.slice(o)}),e}var eo="[gamepanel]";function Ge({row:{runs:t,start:e,line:o,item:n,separator:r},top:s,time:i,marks:l,isHit:u}){let p={top:`${s}px`};if(r!==void 0)return c`<div class="sep" role="separator" style=${p}><span>${r}</span></div>`;let m=n.text.startsWith(eo),f=["ln",n.level,m&&"gp",u&&"hit",n.gap&&"gap"];return c`<div style=${p} class=${f.filter(Boolean).join(" ")} data-line=${o}>
    ${i!==null&&c`<time title=${Bt(i)}>${jt(i)}</time>`}
    ${oo(t,e,l??[]).map(d=>c`<${no} run=${d} />`)}
  </div>`}function no({run:{text:t,style:e,isMark:o}}){if(o)return c`<mark>${t}</mark>`;let n=["bold","italic","underline"].filter(r=>e[r]).join(" ");return c`<span class=${n||void 0} style=${ze(e)}
    >${He(t).map(({text:r,href:s})=>s?c`<a href=${s} target="_blank" rel="noreferrer noopener">${r}</a>`:r)}</span
  >`}function oo(t,e,o){if(!o.length)return t;let n=[],r=0;for(let[s,i]of[...o,[1/0,1/0]]){let[l,u]=[Math.max(s-e,r),Math.max(i-e,r)];if(n.push(...ht(t,r,l)),l===1/0)break;n.push(...ht(t,l,u).map(p=>({...p,isMark:!0}))),r=u}return n}function ro(t){let e=t.cloneContents();return e.querySelectorAll("time").forEach(o=>o.remove()),e.textContent}function Tt(t){let e=getSelection();if(e.isCollapsed||!t.contains(e.anchorNode))return"";let o=e.getRangeAt(0),n=[],r=null;for(let s of t.querySelectorAll(".ln")){if(!o.intersectsNode(s))continue;let i=o.cloneRange();s.contains(o.startContainer)||i.setStart(s,0),s.contains(o.endContainer)||i.setEnd(s,s.childNodes.length),r!==null&&s.dataset.line!==r&&n.push(`
`),n.push(ro(i)),r=s.dataset.line}return n.join("")}function Je(t){let e=Tt(t.currentTarget);e&&(t.clipboardData.setData("text/plain",e),t.preventDefault())}var so=32,ao=76,Ve="0123456789".repeat(4);function Qe(t,e,o,n){let[r,s]=b({height:400,row:18,column:8,left:0});return F(()=>{let i=()=>{let u=e.current.getBoundingClientRect(),{clientWidth:p,clientHeight:m}=t.current,f=u.width/Ve.length,d=so+(P.value?ao:0);o.layout(U.value?Math.floor((p-d)/f):1/0),s({height:m,row:u.height,column:f,left:d})};i();let l=new ResizeObserver(i);return l.observe(t.current),l.observe(e.current),()=>l.disconnect()},n),{...r,probe:Ve}}function Xe(t,e,{height:o,row:n}){let[r,s]=b(0),[i,l]=b(null),[,u]=b(0),p=i===null,m=E(0),f=(e.droppedRows-m.current)*n,d=E({scrollTop:0,room:0}),h=({scrollTop:w,scrollHeight:y,clientHeight:S})=>({scrollTop:w,room:y-S}),k=w=>w.scrollTop<d.current.scrollTop&&h(w).room>=d.current.room;F(()=>{let w=t.current;p&&k(w)||(m.current=e.droppedRows,p?w.scrollTop=w.scrollHeight:f&&(w.scrollTop-=f),d.current=h(w))});function x(){let w=k(t.current),{scrollTop:y,room:S}=d.current=h(t.current);s(y),w?l(I=>I??e.count):y>=S-2&&l(null)}return{top:r,shift:f,follows:p,fresh:p?0:e.count-i,scrolled:x,keep(w){let y=e.at(Math.floor(t.current.scrollTop/n))+1,S=e.rows[y]??0;w(),m.current+=(e.rows[y]??0)-S},toEnd(){l(null),u(w=>w+1)},show(w){l(y=>y??e.count),t.current.scrollTop=e.rows[w-e.dropped]*n-o/2}}}var io=500,lo=2e3,co=5,Ye=10;function uo(t){let[e]=b(()=>({lines:new ot,whole:null})),[,o]=b(0);return F(()=>{let n=new AbortController,r=!0,s=!1,i=()=>{s=!1,n.signal.aborted||o(u=>u+1)},l=()=>{r&&(r=!1,i()),!s&&(s=!0,document.hidden?setTimeout(i,io):requestAnimationFrame(i))};return e.whole=_e(t,e.lines,l,n.signal),()=>n.abort()},[t]),[e,()=>o(n=>n+1)]}function Ze({id:t,status:e,isAlone:o,hasFacts:n,turnFacts:r}){let[s,i]=uo(t),{lines:l}=s;ct(()=>oe(e?.type)&&l.readAs(re),[e?.type]);let u=E(null),p=E(null),m=Qe(u,p,l,[U.value,P.value]),f=Xe(u,l,m),[d,h]=b({isOpen:!1,text:"",isExact:!1}),k=po(l,d,f);Ue(t,e,l,f.keep,i),fo(l,f.follows);let x=$=>{l.filter($),i()},{height:w,row:y}=m,S=l.rowCount*y,I=f.follows?Math.max(0,S-w):Math.max(0,f.top-f.shift),_=Math.max(0,Math.floor(I/y)-Ye),v=Math.ceil((I+w)/y)+Ye,M=l.slice(_,v),W=U.value?void 0:`${(l.items.length?l.widest(_,v):0)*m.column+m.left}px`;return c`<section class="console" aria-label=${a("console")}>
    <${Be}
      ...${{id:t,log:s,status:e,isAlone:o,hasFacts:n,turnFacts:r,find:d,setFind:h,setLevel:x}}
      follows=${f.follows}
      chosen=${()=>Tt(u.current)}
    />
    ${d.isOpen&&c`<${Fe} ...${{find:d,setFind:h,found:k}} />`}
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
        <div class=${P.value?"all stamped":"all"} style=${{height:`${S}px`,minWidth:W}}>
          ${M.map($=>c`<${Ge}
            key=${$.key}
            row=${$}
            top=${$.row*y}
            time=${P.value&&$.start===0?l.timeAt($.item.index):null}
            marks=${$.item&&k.search?.placesIn($.item.text)}
            isHit=${$.item&&$.line+l.dropped===k.current}
          />`)}
        </div>
      </div>
      ${!f.follows&&c`<button class="btn down" type="button" onClick=${f.toEnd}>
          <${g} name="arrow-down" />${f.fresh>0?ut("newLines",f.fresh):a("toNewest")} <kbd aria-hidden="true">End</kbd>
        </button>`}
    </div>
    <${je} key=${t} ...${{id:t,status:e}} sent=${f.toEnd} />
  </section>`}function po(t,{isOpen:e,text:o,isExact:n},r){let s=e?o:"",[i,l]=b(0),u=ct(()=>s?new it(t,s,n):null,[s,n]),p=u?.hits()??[],m=p.length?p[Math.min(i,p.length-1)]:null,f=h=>{l(h),r.show(p[h])};F(()=>{p.length&&f(p.length-1)},[u,p.length>0]);let d=s?p.length?a("found",{at:C(Math.min(i,p.length-1)+1),n:C(p.length)}):a("notFound"):"";return O(()=>ft(d),[d]),{search:u,current:m,where:d,go:h=>p.length&&f((i+h+p.length)%p.length)}}function fo(t,e){let o=E(null);O(()=>{let n=setInterval(()=>{if(B.value!==null)return;let r=o.current===null?0:t.count-o.current;if(o.current=t.count,r<=0||!e||document.hidden)return;let s=t.items.slice(-r).map(i=>i.text);ft(r<=co?s.join(`
`):ut("newLines",r))},lo);return()=>clearInterval(n)},[e])}function tn(t,e){let[o,n]=b(null),[r,s]=b(null),i=async(l,u)=>{try{n(await T("server_versions",{server:t,refresh:l},u)),s(null)}catch(p){u?.aborted||s(p)}};return O(()=>{if(!e)return;let l=new AbortController;return i(!1,l.signal),()=>l.abort()},[t,e]),[o,r,()=>i(!0)]}var mo=t=>!!t?.available&&t.available!==t.installed;function en({status:t}){let{server:e,installed:o}=t,[n,r]=b(!1),[s,i,l]=tn(e,!!o);if(!o)return null;let u=mo(s);return c`<section>
    <h2>${a("version")}</h2>
    <p title=${a("installedAt",{when:G(o.at,N())})}>
      ${o.version??a("unknown")}${s?.pinned&&c` <span class="tag">${a("pinnedVersion")}</span>`}
    </p>
    <p class="update">
      ${u&&c`<${g} name="arrow-up" /><span>${a("isOut",{version:s.available})}</span>`}
      ${s&&!u&&c`<span class="muted">${a("isNewest",{when:G(s.at,N())})}</span>`}
      ${i&&i.code!=="not_installable"&&c`<span class="muted">${J(i)}</span>`}
      ${L(e,"settings")&&(u?c`<button class="btn small" type="button" onClick=${()=>r(!0)}>${a("update")} …</button>`:c`<button class="btn small" type="button" onClick=${l}>${a("lookAgain")}</button>`)}
    </p>
    ${n&&c`<${It} status=${t} versions=${s} close=${()=>r(!1)} />`}
  </section>`}function It({status:t,versions:e=null,close:o}){let{server:n,installed:r,status:s}=t,[i]=tn(n,e===null),[l,u]=b(null),[p,m]=b(!1),{available:f}=e??i??{},d=r?.version,h=X(s)?B.value!==null?a("awayWait"):"":a("destroyStopped");async function k(){if(!(h||p)){m(!0);try{await pe(V,t),o()}catch(w){u(w),m(!1)}}}let x=d&&f?a("updateFromTo",{id:n,from:d,to:f}):a("sureTitle",{verb:wt(V,t),id:n});return c`<${ne} title=${x} close=${o}>
    <p>${a("updateAbout")}</p>
    ${h&&c`<p>${h}</p>`}
    <${K} text=${J(l)} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${o}>${a("cancel")}</button>
      <button
        type="button"
        class=${p?"btn primary busy":"btn primary"}
        aria-disabled=${h?"true":void 0}
        title=${h||void 0}
        onClick=${k}
      >
        <${g} name="arrow-up" />${wt(V,t)}
      </button>
    </div>
  <//>`}var $o=10;function At({name:t,now:e,samples:o,most:n=0,limit:r=null}){return c`<div class="mini">
    <div><span>${a(t)}</span><b>${e}</b></div>
    ${o&&c`<div class="mini-plot">
        <${Ee} samples=${o} most=${Math.max(n,r?.value??0)} label=${`${a(t)} ${e}`} />
        ${r&&c`<span class="mini-limit"></span>`}
      </div>`}
    ${r&&c`<span class="muted">${r.text}</span>`}
  </div>`}function ho({status:t}){let{usage:e,players:o,server:n}=t,r=qt(n),s=u=>r.map(p=>({at:p.at,value:p[u]})),i=le(t),l=e&&B.value===null;return c`<section>
    <h2>${a("rightNow")}</h2>
    <${At} name="cpu" now=${l?Pt(e.cpuPercent):"\u2013"} samples=${e&&s("cpu")} most=${$o} limit=${i.cpuPercent} />
    <${At} name="memory" now=${l?j(e.memoryBytes):"\u2013"} samples=${e&&s("memory")} limit=${i.memoryBytes} />
    ${o&&c`<${At} name="players" now=${C(o.online)} samples=${e&&s("players")} most=${o.max??1} />`}
  </section>`}var nn=({title:t,rows:e})=>c`<section>
    <h2>${t}</h2>
    <dl>
      ${e.filter(Boolean).map(([o,n])=>c`<div key=${o}>
          <dt>${o}</dt>
          <dd>${n}</dd>
        </div>`)}
    </dl>
  </section>`,bo=({status:t,exit:e})=>t==="failed"&&e.code===null?a("state.failed"):ge(e);function on({status:t}){let{startedAt:e,pid:o,exit:n,readIndex:r,ports:s=[],runPorts:i}=t,l=f=>i?.find(d=>d.name===f),u=({port:f,protocol:d})=>`${f} ${a(`protocol.${d}`)}`,p=ke(t),m=[e!==null&&[a("startedAt"),H(e)],o!==null&&[a("pid"),o],[a("lastExit"),n?`${bo(t)}, ${H(n.at)}`:a("never")],[a("crashed"),p||a("noCrashes")],[a("logSize"),j(r)]];return c`<aside class="facts" id="facts" aria-label=${a("facts")}>
    <${ho} status=${t} />
    <${nn} title=${a("thisRun")} rows=${m} />
    <${en} key=${t.server} status=${t} />
    ${s.length>0&&c`<${nn}
        title=${a("ports")}
        rows=${s.map(f=>{let d=l(f.name)??f,h=d.port!==f.port,k=c`${u(d)}${h&&c`<br /><span class="muted">${a("fromNextStart",{port:u(f)})}</span>`}`;return[z(Lt(f.name.replaceAll("_"," "))),k]})}
      />`}
  </aside>`}function rn({status:t}){return t.status==="installing"?c`<${xt} status=${t} />`:(sn(t)||t.needsInstall)&&c`<${yo} status=${t} />`}var sn=({status:t,exit:e})=>["crashed","failed","waiting"].includes(t)&&e;function wo({server:t,status:e,needsInstall:o,exit:n}){let[r,s]=b(null),i=(o||e==="failed")&&L(t,"view");return O(()=>{if(s(null),!i)return;let l=new AbortController;return D(async()=>{let[p]=(await T("job_list",{server:t,limit:1},l.signal)).jobs,m=p&&p.status==="failed"&&rt.includes(p.kind)&&p.endedAt>=(n?.at??0)-1;s(m?p.job:null)},null,l.signal),()=>l.abort()},[t,i,n?.at]),r}function yo({status:t}){let{status:e,exit:o}=t,n=me(t),r=wo(t),s=n.reasonNot(bt),i=sn(t)&&{title:xe(a(`down.${e}`,{when:G(o.at,N())}),t),about:ve(o),said:ye(o.reason)},{title:l,about:u,said:p}=i||{title:a("code.not_installed")};return c`<section class=${e==="waiting"?"notice warn":"notice bad"} aria-label=${a("whatHappened")}>
    <span><${et} state=${e} /></span>
    <div>
      <b>${l}</b>
      ${u&&c`<p>${u}</p>`}
      ${p&&c`<pre class="said">${p}</pre>`}
      ${r!==null&&c`<${st} key=${r} job=${r} isOver />`}
      <${K} text=${n.problem} />
    </div>
    <div class="notice-acts">
      ${t.needsInstall?ue(V,t)&&c`<button class="btn primary" type="button" onClick=${()=>n.press(V)}><${g} name="download" />${a("installAgain")} …</button>`:c`<button
              class="btn primary"
              type="button"
              aria-disabled=${s?"true":void 0}
              title=${s||void 0}
              onClick=${()=>n.press(bt)}
            >
              <${g} name="play" />${a("startAgain")}
            </button>`}
    </div>
    ${n.question}
  </section>`}var an="facts";function go({id:t,status:e}){let o=!!tt.value.query.alone,n=!o&&!Gt.value.includes(an);return c`${e&&!o&&c`<${rn} status=${e} />`}
    <div class=${n?"console-grid":"console-grid folded"}>
      <${Ze}
        key=${t}
        ...${{id:t,status:e,isAlone:o,hasFacts:n}}
        turnFacts=${()=>Xt(an)}
      />
      ${n&&e&&c`<${on} status=${e} />`}
    </div>`}R({name:"console",order:10,icon:"terminal",view:go});R({name:"files",order:40,icon:"folder",rights:["files"],view:q(we,"Files"),fits:()=>Ut.value.features.includes("files")});R({name:"players",order:30,icon:"users",view:q(Y,"Players"),fits:({players:t})=>t!==void 0,count:({players:t})=>t?.online});R({name:"settings",order:90,icon:"settings",rights:["settings","destroy"],view:q(Y,"Settings")});var vo=1e3,ln=5;function xo(t,e,o){let n=["crashed","failed"].includes(o)?`${t} ${a(`state.${o}`)}`:t;return e==="console"||!gt(e)?n:`${n} \xB7 ${a(e)}`}function ko(t){let[e,o]=b(!1);return O(()=>{let n=new AbortController;return D(async()=>{try{await Wt(t,n.signal),o(!1)}catch(s){throw["no_such_server","bad_request"].includes(s.code)&&o(!0),s}},vo,n.signal),()=>n.abort()},[t]),e}function cn({id:t,tab:e}){let o=ko(t),n=Kt.value?.get(t),r=n?.status;if(O(()=>Te(xo(t,e,r)),[t,e,r]),o)return c`<${mt} icon="server" title=${a("noServer")}>
      <a class="btn" href="#/">${a("toServers")}</a>
    <//>`;let s=gt(e),i=!!tt.value.query.alone,l=c`<a class="btn" href=${`#/server/${t}/console`}>${a("console")}</a>`;return c`${!i&&c`<${So} ...${{id:t,status:n,tab:e}} />`}
    <div class="tab-body">
      ${s?$e(t,s)?c`<${s.view} key=${e} ...${{id:t,status:n}} />`:c`<${Yt}>${l}<//>`:c`<${mt} icon="info" title=${a("notFoundPage")}>${l}<//>`}
    </div>
    ${!i&&c`<${To} ...${{id:t,tab:e}} />`}`}function So({id:t,status:e,tab:o}){let n=e&&[z(e.typeTitle||e.type),e.description].filter(Boolean).join(" \xB7 ");return c`<header class="server-head">
    <div class="sh-top">
      <a class="btn icon back" href="#/" aria-label=${a("toServers")} title=${a("toServers")}
        ><${g} name="chevron-left"
      /></a>
      <${ie} icon=${e?.icon} css="big" />
      <div class="sh-name">
        <h1 title=${t}>${t}</h1>
        <p title=${n||void 0}>${n}</p>
      </div>
      ${e&&c`<${Eo} status=${e} /><${de} status=${e} more=${Oo(e)} />`}
    </div>
    <nav class="tabs" aria-label=${t}>
      ${yt(t).map(r=>un(t,r,o,e))}
    </nav>
  </header>`}var un=(t,{name:e,icon:o,count:n},r,s)=>{let i=s&&n?.(s);return c`<a key=${e} href=${`#/server/${t}/${e}`} aria-current=${e===r?"page":void 0}
    ><${g} name=${o} /><span>${a(e)}</span>${typeof i=="number"&&c` <span class="count">${C(i)}</span>`}</a
  >`};function Oo(t){let{server:e}=t;return[dt(t)!==null&&{icon:"copy",text:a("copyAddress"),act:()=>at(Se(t))},{icon:"pin",text:a(Ht.value.includes(e)?"unpin":"pin"),act:()=>Qt(e)}]}var Ct=({css:t,name:e,children:o})=>c`<span class=${`sh-fact ${t}`}
    ><span class="k">${a(e)}</span><span class="v">${o}</span></span
  >`;function Eo({status:t}){let{players:e,uptime:o}=t;return c`<div class="sh-facts">
    <${fe} state=${Zt(t)} />
    ${dt(t)!==null&&c`<${Ct} css="addr" name="address"><${Oe} status=${t} /><//>`}
    ${e!==void 0&&c`<${Ct} css="pl" name="players"
        >${e?c`<b>${C(e.online)}</b>${e.max!==null&&` ${a("ofMost",{n:C(e.max)})}`}`:"\u2013"}<//
      >`}
    <${Ct} css="up" name="uptime">${o===null?"\u2013":Ft(o)}<//>
  </div>`}function To({id:t,tab:e}){let o=yt(t),n=o.length>ln?o.slice(0,ln-1):o,r=o.slice(n.length);return c`<nav class="bottom" aria-label=${a("tabsShort",{id:t})}>
    ${n.map(s=>un(t,s,e,null))}
    ${r.length>0&&c`<${nt}
        label=${a("more")}
        css=${r.some(({name:s})=>s===e)?"here":""}
        side="up"
        items=${r.map(({name:s,icon:i})=>({icon:i,text:a(s),act:()=>location.hash=`#/server/${t}/${s}`}))}
        ><${g} name="ellipsis" /><span>${a("more")}</span><//
      >`}
  </nav>`}export{xt as Job,cn as Server,It as Update};
