import{$ as L,$a as dt,A as ct,B as Rt,C,Cb as K,D as F,Db as wt,E as Dt,Eb as yt,F as Lt,Fa as Jt,Fb as fe,G as Nt,Ga as mt,Gb as X,H as Pt,Ha as Qt,Hb as Y,I as _t,Ib as me,Jb as de,Kb as $e,L as z,Lb as he,M as H,Mb as be,Nb as we,O as V,Ob as ye,Pa as Xt,Pb as ge,Qa as nt,Qb as ve,Ra as Yt,S as Bt,Sa as U,Ta as Zt,U as Ft,Va as te,X as jt,_a as ee,a as h,ab as ne,b as E,bb as ot,c as _,ca as ut,cb as $t,d as S,da as Ut,db as oe,e as lt,eb as rt,fa as pt,fb as re,g as c,h as It,hb as st,i as At,ia as Kt,j as Ct,jb as se,k as B,l as R,lb as ae,m as T,ma as Wt,mb as Q,na as j,nb as ht,o as D,oa as qt,p as Mt,pa as N,q as tt,qa as zt,rb as G,ta as Ht,tb as ie,ua as Vt,ub as bt,vb as le,wa as g,wb as ce,x as a,xa as et,y as q,ya as ft,yb as ue,za as Gt,zb as pe}from"./first.js";K({name:"activity",order:20,icon:"activity",view:Y(X,"Happened")});var Ee=262144,xe=4,cn=25,un=5e3,ke=10,pn=8192,Se=5,fn=500,Te=t=>Uint8Array.from(atob(t),e=>e.charCodeAt(0)),Ie=t=>new TextDecoder().decode(t);async function mn(t,e,n){let o=await Mt(t,n);if(o===null)return[0,0];let r=Te(o.data),s=o.oldReadIndex&&r.indexOf(ke)+1,i=r.lastIndexOf(ke)+1;if(!i)return[o.oldReadIndex,o.oldReadIndex];let l=o.oldReadIndex+s;return e.append(Ie(r.subarray(s,i)),l,o.times),[l,o.oldReadIndex+i]}async function dn(t,e,n,o){let r=Math.min(Ee,n-e);if(r>=xe)return T("server_log",{server:t,readIndex:e,limit:r,times:!0},o);let i=await T("server_log",{server:t,readIndex:e,limit:xe,encoding:"base64"},o),l=Te(i.data).subarray(0,r);return{...i,data:Ie(l),nextReadIndex:e+l.length,times:[]}}var $n=()=>new Promise(t=>{document.hidden?t():setTimeout(t)}),hn=()=>new Promise(t=>{document.hidden||!globalThis.requestIdleCallback?t():requestIdleCallback(t,{timeout:fn})});async function Ae(t,{data:e,oldReadIndex:n,times:o}){let r=performance.now()+Se;for(let s=0,i=0;s<e.length;s=i){i=e.indexOf(`
`,s+pn)+1||e.length;let l=e.slice(s,i);s===0?t.append(l,n,o):t.append(l),!(performance.now()<r)&&(await $n(),r=performance.now()+Se)}}async function bn(t,e,n,o){let r=new ot;r.layout(e.columns);let s=0;for(;s<n;){let i=await dn(t,s,n,o);if(i.oldReadIndex>=n||!i.data)return;!(s===0)&&i.oldReadIndex>s&&r.gap(a("gone",{n:i.oldReadIndex-s})),await Ae(r,i),s=i.nextReadIndex}e.hasRoomFor(r)&&e.prepend(r)}function Oe(t,e){return new Promise(n=>{D(async()=>n(await t()),null,e)})}async function Ce(t,e,n,o){let[r,s]=await Oe(()=>mn(t,e,o),o);n(),wn(t,e,s,n,o),r!==0&&(await hn(),await Oe(()=>bn(t,e,r,o),o),n())}function wn(t,e,n,o,r){let s=!1;return D(async()=>{let i=s&&dt(),l=ne(r),u;try{u=await T("server_log",{server:t,readIndex:n,limit:Ee,wait:i?cn:0,times:!0},l.signal)}catch(f){if(l.signal.aborted&&!r.aborted)return!0;throw f}finally{l.end()}let p=u.oldReadIndex-n;return p>0&&e.gap(a("gone",{n:p})),u.data&&await Ae(e,u),n=u.nextReadIndex,s=n===u.readIndex||!u.data,o(),!s||dt()},un,r)}var at=class{#s;#e;#o;#t=[];#r;#n;constructor(e,n,o=!1){this.#s=e,this.#o=o?r=>r:r=>r.toLowerCase(),this.#e=this.#o(n),this.#r=this.#n=e.dropped}#a(e,n){let{items:o,dropped:r}=this.#s,s=[];for(let i=e;i<n;i++)this.#o(o[i-r].text).includes(this.#e)&&s.push(i);return s}hits(){let{dropped:e,count:n}=this.#s;for(e<this.#r?this.#t=[...this.#a(e,this.#r),...this.#t]:this.#t[0]<e&&(this.#t=this.#t.filter(o=>o>=e)),this.#r=e,this.#n=Math.max(this.#n,e);this.#t.at(-1)>=this.#n;)this.#t.pop();for(let o of this.#a(this.#n,n))this.#t.push(o);return this.#n=Math.max(n-1,e),this.#t}placesIn(e){let n=this.#o(e),o=[],r=n.indexOf(this.#e);for(;r>=0;)o.push([r,r+this.#e.length]),r=n.indexOf(this.#e,r+this.#e.length);return o}};function yn({text:t}){let[e]=/^[\d.,\s]*\d/.exec(t)??[""];return c`${e&&c`<b>${e}</b>`}${t.slice(e.length)}`}function Me({find:t,setFind:e,found:n}){let o=S(null),{text:r,isExact:s,asked:i}=t;_(()=>o.current.select(),[i]);let l=()=>e({...t,isOpen:!1}),u=f=>{if(f.key==="Enter")n.go(f.shiftKey?-1:1);else if(f.key==="Escape")l();else return;f.preventDefault()},p=(f,m,d,b={})=>c`<button class="btn icon" type="button" aria-label=${a(f)} title=${a(f)} onClick=${d} ...${b}>
      <${g} name=${m} />
    </button>`;return c`<div class="find" role="search">
    <label class="search"
      ><${g} name="search" /><span class="sr">${a("findInLog")}</span
      ><input
        type="search"
        autocomplete="off"
        ref=${o}
        value=${r}
        onInput=${f=>e({...t,text:f.target.value})}
        onKeyDown=${u}
    /></label>
    <span class="hits"><${yn} text=${n.where} /></span>
    ${p("previous","chevron-up",()=>n.go(-1))} ${p("next","chevron-down",()=>n.go(1))}
    ${p("caseMatters","case-sensitive",()=>e({...t,isExact:!s}),{"aria-pressed":String(s)})}
    ${p("closeFind","x",l)}
  </div>`}var gn=1500;function vn({status:t,follows:e}){return t&&Q(t.status)?c`<span class="follow paused"><${g} name="square" /><span>${a("notRunning")}</span></span>`:e?c`<span class="follow"><span class="dot"></span><span>${a("following")}</span></span>`:c`<span class="follow paused"><${g} name="history" /><span>${a("scrolledUp")}</span></span>`}function Re({id:t,log:e,status:n,isAlone:o,hasFacts:r,turnFacts:s,find:i,setFind:l,setLevel:u,follows:p,chosen:f}){let[m,d]=h(!1),{lines:b}=e,O=()=>l({...i,isOpen:!0,asked:Date.now()});Qt(v=>{v.key.toLowerCase()!=="f"||!(v.ctrlKey||v.metaKey)||v.shiftKey||(v.preventDefault(),O())});async function x(){let v=f();await e.whole,await st(v||b.toString()),d(!0),setTimeout(()=>d(!1),gn)}async function w(){await e.whole;let v=URL.createObjectURL(new Blob([b.toString()],{type:"text/plain"}));Object.assign(document.createElement("a"),{href:v,download:`${t}.log`}).click(),URL.revokeObjectURL(v)}function y(){Ct(()=>window.open(`#/server/${t}/console?alone=1`,"_blank","popup,width=960,height=640"))}let k=(v,M,W,$={})=>c`<button class="btn icon" type="button" aria-label=${v} title=${v} onClick=${W} ...${$}>
      <${g} name=${M} />
    </button>`,I=(v,M,W,$,A={})=>k(v,M,$,{"aria-pressed":String(W),...A}),P=(v,M)=>({icon:M,text:a(`level.${v||"all"}`),act:()=>u(v)});return c`<div class="con-bar" role="toolbar" aria-label=${a("console")}>
    <${vn} ...${{status:n,follows:p}} /><span class="con-space"></span>
    ${I(a("find"),"search",i.isOpen,()=>i.isOpen?l({...i,isOpen:!1}):O())}
    ${I(a("wrap"),"wrap-text",j.value,()=>qt(!j.value))}
    ${I(a("stamps"),"clock",N.value,()=>zt(!N.value))}
    <${nt}
      label=${a("levelsShown",{level:a(`level.${b.least||"all"}`)})}
      items=${[P("","list-filter"),P("warn","triangle-alert"),P("err","circle-alert")]}
      css="btn icon wide"
      ><${g} name="list-filter" /><${g} name="chevron-down"
    /><//>
    <span class="con-rule"></span>
    ${k(m?a("copied"):a("copy"),m?"check":"copy",x,{onMouseDown:v=>v.preventDefault()})}
    ${k(a("downloadLog",{size:F(n?.readIndex??0)}),"download",w)}
    ${!o&&k(a("popOut"),"external-link",y,{"data-wide":!0})}
    ${!o&&c`<span class="con-rule"></span>
        ${I(a(r?"hideFacts":"showFacts"),"panel-right",r,s,{"data-facts":!0})}`}
  </div>`}var xn=100,kn=5,gt=new Ut,vt=t=>(It("localStorage",ut(`typed/${t}`))??[]).map(e=>typeof e=="string"?{line:e,at:null}:e);function Sn(t,e){if(!e)return;let n=vt(t).filter(o=>o.line!==e);At("localStorage",ut(`typed/${t}`),[...n,{line:e,at:R()}].slice(-xn))}function On(t,e){return e.trim()?vt(t).filter(n=>n.line.startsWith(e)&&n.line!==e).toReversed().slice(0,kn):[]}function En(t,e){return L(t,"command")?e?.console==="none"?a("takesNone"):!e||ae(e.status)?"":Q(e.status)?a("cantRun"):a("notNow",{state:a(`state.${e.status}`)}):a("mayNotCommand")}var Tn=({isOffered:t})=>c`<span class="cmd-hint" aria-hidden="true"
    >${t?c`<kbd>Tab</kbd> ${a("take")} <kbd>Esc</kbd> ${a("close").toLowerCase()}`:c`<kbd>↑</kbd> ${a("earlier")} <kbd>Tab</kbd> ${a("complete")}`}</span
  >`;function De({id:t,status:e,sent:n}){let[o,r]=h(gt.get(t,"")),[s,i]=h(!1),[l,u]=h(null),p=S(null),f=S(""),[m,d]=h(!1),[b,O]=h(0),x=En(t,e),w=!!x||B.value!==null,y=m&&!x?On(t,o):[],k=$=>{gt.set(t,$),r($)};function I($){p.current=null,u(null),O(0),d($!==""),k($)}async function P($){if($.preventDefault(),!(s||w)){i(!0),d(!1);try{await T("server_cmd",{server:t,command:o}),Sn(t,o),u(null),gt.get(t,"")===o&&I(""),n()}catch(A){u(A)}i(!1)}}function v($){let A=vt(t);p.current===null&&(f.current=o);let J=Math.max((p.current??A.length)+$,0);p.current=J<A.length?J:null,d(!1),k(A[J]?.line??f.current)}function M($){let A={ArrowUp:-1,ArrowDown:1}[$.key];if($.key==="Tab"&&!$.shiftKey&&y.length)I((y[b]??y[0]).line);else if($.key==="Escape"&&y.length)d(!1);else if(A)v(A);else return;$.preventDefault()}let W=l?.problems?.[0]?Xt(l.problems[0],"command"):V(l);return c`<form class="cmd" onSubmit=${P}>
    <span class="ps" aria-hidden="true">❯</span>
    <input
      class="mono"
      aria-label=${a("command")}
      aria-disabled=${x?"true":void 0}
      aria-describedby="prompt-why"
      aria-autocomplete="list"
      aria-controls=${y.length?"prompt-offers":void 0}
      aria-activedescendant=${y.length?`prompt-offer-${b}`:void 0}
      readonly=${!!x}
      placeholder=${x||a("typeCommand")}
      title=${x||void 0}
      value=${o}
      maxlength="4095"
      autocomplete="off"
      autocapitalize="none"
      spellcheck=${!1}
      enterkeyhint="send"
      onInput=${$=>I($.target.value)}
      onKeyDown=${M}
      onBlur=${()=>d(!1)}
    />
    ${!x&&c`<${Tn} isOffered=${y.length>0} />`}
    <button class="btn" type="submit" aria-disabled=${w?"true":void 0} title=${x||void 0}>
      <${g} name="corner-down-left" /><span>${a("send")}</span>
    </button>
    <p id="prompt-why" class=${x&&o?"why":"sr why-not"}>${x}</p>
    <${U} text=${W} />
    ${y.length>0&&c`<ul class="complete" role="listbox" id="prompt-offers" aria-label=${a("typedBefore")}>
        ${y.map(({line:$,at:A},J)=>c`<li
              key=${$}
              id=${`prompt-offer-${J}`}
              role="option"
              aria-selected=${String(J===b)}
              class="mono"
              onMouseDown=${ln=>{ln.preventDefault(),I($)}}
            >
              <span><b>${$.slice(0,o.length)}</b>${$.slice(o.length)}</span>
              ${A&&c`<span class="muted">${z(A)}</span>`}
            </li>`)}
      </ul>`}
  </form>`}var it="starting",In=["stopped","crashed","failed"],An=5e-4,Cn=200;function Mn(t){let{text:e,more:n}=ee(t);return[t.kind===it?a("runBegins"):`${a("runEnds")} \xB7 ${e.toLowerCase()}`,z(t.at),n].filter(Boolean).join(" \xB7 ")}function Rn(t,e,{runIndex:n,startedAt:o}){let r=t.findLastIndex(({kind:u})=>u===it),s=r>=0&&o>=t[r].at,i=e.items[0]?.index??0,l=0;return t.map((u,p)=>{let f=e.indexAt(u.kind===it?u.at:u.at+An);return l=Math.max(l,s&&p<=r?Math.min(f,n):f),[l,Mn(u)]}).filter(([u])=>i===0||u>i)}function Le(t,e,n,o,r){let s=S([]),i=()=>{e&&(o(()=>n.separate(Rn(s.current,n,e))),r())},l=e?.status;E(()=>{if(!l)return;let u=new AbortController,p={server:t,kinds:[it,...In],limit:Cn};return T("event_list",p,u.signal).then(f=>{s.current=f.events,i()}).catch(()=>{}),()=>u.abort()},[t,l,e?.runIndex]),E(i,[n.items[0]?.index])}var xt=[13,16,20],Ne=[217,223,231],Dn=4.5,Pe={black:[141,152,167],red:[255,143,133],green:[127,217,159],yellow:[240,192,96],blue:[134,182,255],magenta:[217,163,255],cyan:[111,211,220],white:Ne,"bright-black":[157,167,181],"bright-red":[255,179,172],"bright-green":[166,232,189],"bright-yellow":[247,214,143],"bright-blue":[177,208,255],"bright-magenta":[231,198,255],"bright-cyan":[160,229,235],"bright-white":[255,255,255]},Ln={black:[0,0,0],"bright-black":[60,68,64],white:[200,206,202]},_e=t=>t.match(/\d+/g).map(Number);function kt(t){let[e,n,o]=t.map(r=>{let s=r/255;return s<=.04045?s/12.92:((s+.055)/1.055)**2.4});return .2126*e+.7152*n+.0722*o}function Nn(t,e){let[n,o]=[kt(t),kt(e)].sort((r,s)=>s-r);return(n+.05)/(o+.05)}function Pn(t,e){let n=kt(e)>.18?[0,0,0]:[255,255,255],o=t;for(let r=.1;Nn(o,e)<Dn&&r<=1;r+=.1)o=t.map((s,i)=>Math.round(s+(n[i]-s)*r));return o}var _n=(t,e)=>t.startsWith("rgb")?_e(t):Pe[t]??e,Bn=t=>t.startsWith("rgb")?_e(t):Ln[t]??Pe[t]??xt,Z=new Map;function Be({fg:t,bg:e,inverse:n,dim:o}){if(!t&&!e&&!n&&!o)return;let r=`${t}|${e}|${n}|${o}`;return Z.has(r)||(Z.size>4096&&Z.clear(),Z.set(r,Fn(t,e,n,o))),Z.get(r)}function Fn(t,e,n,o){let r=_n(t,Ne),s=e?Bn(e):xt;n&&([r,s]=[e?s:xt,r]),o&&(r=r.map((u,p)=>Math.round(u*.7+s[p]*.3)));let i=u=>`rgb(${u.join(", ")})`,l={color:i(Pn(r,s))};return(e||n)&&(l.backgroundColor=i(s)),l}var jn=/https?:\/\/[^\s<>"'`\u0000-\u001f\u2028\u2029]+/g,Un=".,;:!?)]}";function Kn(t){let e=t.length;for(;Un.includes(t[e-1]);)e-=1;return t.slice(0,e)}function Fe(t){if(!t.includes("://"))return[{text:t}];let e=[],n=0;for(let o of t.matchAll(jn)){let r=Kn(o[0]);URL.canParse(r)&&(o.index>n&&e.push({text:t.slice(n,o.index)}),e.push({text:r,href:r}),n=o.index+r.length)}return n<t.length&&e.push({text:t.slice(n)}),e}var Wn="[gamepanel]";function je({row:{runs:t,start:e,line:n,item:o,separator:r},top:s,time:i,marks:l,isHit:u}){let p={top:`${s}px`};if(r!==void 0)return c`<div class="sep" role="separator" style=${p}><span>${r}</span></div>`;let f=o.text.startsWith(Wn),m=["ln",o.level,f&&"gp",u&&"hit",o.gap&&"gap"];return c`<div style=${p} class=${m.filter(Boolean).join(" ")} data-line=${n}>
    ${i!==null&&c`<time title=${Pt(i)}>${_t(i)}</time>`}
    ${zn(t,e,l??[]).map(d=>c`<${qn} run=${d} />`)}
  </div>`}function qn({run:{text:t,style:e,isMark:n}}){if(n)return c`<mark>${t}</mark>`;let o=["bold","italic","underline"].filter(r=>e[r]).join(" ");return c`<span class=${o||void 0} style=${Be(e)}
    >${Fe(t).map(({text:r,href:s})=>s?c`<a href=${s} target="_blank" rel="noreferrer noopener">${r}</a>`:r)}</span
  >`}function zn(t,e,n){if(!n.length)return t;let o=[],r=0;for(let[s,i]of[...n,[1/0,1/0]]){let[l,u]=[Math.max(s-e,r),Math.max(i-e,r)];if(o.push(...$t(t,r,l)),l===1/0)break;o.push(...$t(t,l,u).map(p=>({...p,isMark:!0}))),r=u}return o}function Hn(t){let e=t.cloneContents();return e.querySelectorAll("time").forEach(n=>n.remove()),e.textContent}function St(t){let e=getSelection();if(e.isCollapsed||!t.contains(e.anchorNode))return"";let n=e.getRangeAt(0),o=[],r=null;for(let s of t.querySelectorAll(".ln")){if(!n.intersectsNode(s))continue;let i=n.cloneRange();s.contains(n.startContainer)||i.setStart(s,0),s.contains(n.endContainer)||i.setEnd(s,s.childNodes.length),r!==null&&s.dataset.line!==r&&o.push(`
`),o.push(Hn(i)),r=s.dataset.line}return o.join("")}function Ue(t){let e=St(t.currentTarget);e&&(t.clipboardData.setData("text/plain",e),t.preventDefault())}var Vn=32,Gn=76,Ke="0123456789".repeat(4);function We(t,e,n,o){let[r,s]=h({height:400,row:18,column:8,left:0});return _(()=>{let i=()=>{let u=e.current.getBoundingClientRect(),{clientWidth:p,clientHeight:f}=t.current,m=u.width/Ke.length,d=Vn+(N.value?Gn:0);n.layout(j.value?Math.floor((p-d)/m):1/0),s({height:f,row:u.height,column:m,left:d})};i();let l=new ResizeObserver(i);return l.observe(t.current),l.observe(e.current),()=>l.disconnect()},o),{...r,probe:Ke}}function qe(t,e,{height:n,row:o}){let[r,s]=h(0),[i,l]=h(null),[,u]=h(0),p=i===null,f=S(0),m=(e.droppedRows-f.current)*o,d=S({scrollTop:0,room:0}),b=({scrollTop:w,scrollHeight:y,clientHeight:k})=>({scrollTop:w,room:y-k}),O=w=>w.scrollTop<d.current.scrollTop&&b(w).room>=d.current.room;_(()=>{let w=t.current;p&&O(w)||(f.current=e.droppedRows,p?w.scrollTop=w.scrollHeight:m&&(w.scrollTop-=m),d.current=b(w))});function x(){let w=O(t.current),{scrollTop:y,room:k}=d.current=b(t.current);s(y),w?l(I=>I??e.count):y>=k-2&&l(null)}return{top:r,shift:m,follows:p,fresh:p?0:e.count-i,scrolled:x,keep(w){let y=e.at(Math.floor(t.current.scrollTop/o))+1,k=e.rows[y]??0;w(),f.current+=(e.rows[y]??0)-k},toEnd(){l(null),u(w=>w+1)},show(w){l(y=>y??e.count),t.current.scrollTop=e.rows[w-e.dropped]*o-n/2}}}var Jn=500,Qn=2e3,Xn=5,ze=10;function Yn(t){let[e]=h(()=>({lines:new ot,whole:null})),[,n]=h(0);return _(()=>{let o=new AbortController,r=!0,s=!1,i=()=>{s=!1,o.signal.aborted||n(u=>u+1)},l=()=>{r&&(r=!1,i()),!s&&(s=!0,document.hidden?setTimeout(i,Jn):requestAnimationFrame(i))};return e.whole=Ce(t,e.lines,l,o.signal),()=>o.abort()},[t]),[e,()=>n(o=>o+1)]}function He({id:t,status:e,isAlone:n,hasFacts:o,turnFacts:r}){let[s,i]=Yn(t),{lines:l}=s;lt(()=>Zt(e?.type)&&l.readAs(te),[e?.type]);let u=S(null),p=S(null),f=We(u,p,l,[j.value,N.value]),m=qe(u,l,f),[d,b]=h({isOpen:!1,text:"",isExact:!1}),O=Zn(l,d,m);Le(t,e,l,m.keep,i),to(l,m.follows);let x=$=>{l.filter($),i()},{height:w,row:y}=f,k=l.rowCount*y,I=m.follows?Math.max(0,k-w):Math.max(0,m.top-m.shift),P=Math.max(0,Math.floor(I/y)-ze),v=Math.ceil((I+w)/y)+ze,M=l.slice(P,v),W=j.value?void 0:`${(l.items.length?l.widest(P,v):0)*f.column+f.left}px`;return c`<section class="console" aria-label=${a("console")}>
    <${Re}
      ...${{id:t,log:s,status:e,isAlone:n,hasFacts:o,turnFacts:r,find:d,setFind:b,setLevel:x}}
      follows=${m.follows}
      chosen=${()=>St(u.current)}
    />
    ${d.isOpen&&c`<${Me} ...${{find:d,setFind:b,found:O}} />`}
    <div class="screen-wrap">
      <span class="measure" ref=${p} aria-hidden="true">${f.probe}</span>
      <div
        class="screen"
        role="log"
        aria-label=${a("console")}
        aria-live="off"
        tabindex="0"
        ref=${u}
        onScroll=${m.scrolled}
        onCopy=${Ue}
        onKeyDown=${$=>$.key==="End"&&m.toEnd()}
      >
        <div class=${N.value?"all stamped":"all"} style=${{height:`${k}px`,minWidth:W}}>
          ${M.map($=>c`<${je}
            key=${$.key}
            row=${$}
            top=${$.row*y}
            time=${N.value&&$.start===0?l.timeAt($.item.index):null}
            marks=${$.item&&O.search?.placesIn($.item.text)}
            isHit=${$.item&&$.line+l.dropped===O.current}
          />`)}
        </div>
      </div>
      ${!m.follows&&c`<button class="btn down" type="button" onClick=${m.toEnd}>
          <${g} name="arrow-down" />${m.fresh>0?ct("newLines",m.fresh):a("toNewest")} <kbd aria-hidden="true">End</kbd>
        </button>`}
    </div>
    <${De} key=${t} ...${{id:t,status:e}} sent=${m.toEnd} />
  </section>`}function Zn(t,{isOpen:e,text:n,isExact:o},r){let s=e?n:"",[i,l]=h(0),u=lt(()=>s?new at(t,s,o):null,[s,o]),p=u?.hits()??[],f=p.length?p[Math.min(i,p.length-1)]:null,m=b=>{l(b),r.show(p[b])};_(()=>{p.length&&m(p.length-1)},[u,p.length>0]);let d=s?p.length?a("found",{at:C(Math.min(i,p.length-1)+1),n:C(p.length)}):a("notFound"):"";return E(()=>pt(d),[d]),{search:u,current:f,where:d,go:b=>p.length&&m((i+b+p.length)%p.length)}}function to(t,e){let n=S(null);E(()=>{let o=setInterval(()=>{if(B.value!==null)return;let r=n.current===null?0:t.count-n.current;if(n.current=t.count,r<=0||!e||document.hidden)return;let s=t.items.slice(-r).map(i=>i.text);pt(r<=Xn?s.join(`
`):ct("newLines",r))},Qn);return()=>clearInterval(o)},[e])}function Ve(t,e){let[n,o]=h(null),[r,s]=h(null),i=async(l,u)=>{try{o(await T("server_versions",{server:t,refresh:l},u)),s(null)}catch(p){u?.aborted||s(p)}};return E(()=>{if(!e)return;let l=new AbortController;return i(!1,l.signal),()=>l.abort()},[t,e]),[n,r,()=>i(!0)]}var eo=t=>!!t?.available&&t.available!==t.installed;function Ge({status:t}){let{server:e,installed:n}=t,[o,r]=h(!1),[s,i,l]=Ve(e,!!n);if(!n)return null;let u=eo(s);return c`<section>
    <h2>${a("version")}</h2>
    <p title=${a("installedAt",{when:H(n.at,R())})}>
      ${n.version??a("unknown")}${s?.pinned&&c` <span class="tag">${a("pinnedVersion")}</span>`}
    </p>
    <p class="update">
      ${u&&c`<${g} name="arrow-up" /><span>${a("isOut",{version:s.available})}</span>`}
      ${s&&!u&&c`<span class="muted">${a("isNewest",{when:H(s.at,R())})}</span>`}
      ${i&&i.code!=="not_installable"&&c`<span class="muted">${V(i)}</span>`}
      ${L(e,"settings")&&(u?c`<button class="btn small" type="button" onClick=${()=>r(!0)}>${a("update")} …</button>`:c`<button class="btn small" type="button" onClick=${l}>${a("lookAgain")}</button>`)}
    </p>
    ${o&&c`<${Ot} status=${t} versions=${s} close=${()=>r(!1)} />`}
  </section>`}function Ot({status:t,versions:e=null,close:n}){let{server:o,installed:r,status:s}=t,[i]=Ve(o,e===null),[l,u]=h(null),[p,f]=h(!1),{available:m}=e??i??{},d=r?.version,b=Q(s)?B.value!==null?a("awayWait"):"":a("destroyStopped");async function O(){if(!(b||p)){f(!0);try{await le(G,t),n()}catch(w){u(w),f(!1)}}}let x=d&&m?a("updateFromTo",{id:o,from:d,to:m}):a("sureTitle",{verb:bt(G,t),id:o});return c`<${Yt} title=${x} close=${n}>
    <p>${a("updateAbout")}</p>
    ${b&&c`<p>${b}</p>`}
    <${U} text=${V(l)} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${n}>${a("cancel")}</button>
      <button
        type="button"
        class=${p?"btn primary busy":"btn primary"}
        aria-disabled=${b?"true":void 0}
        title=${b||void 0}
        onClick=${O}
      >
        <${g} name="arrow-up" />${bt(G,t)}
      </button>
    </div>
  <//>`}var no=10;function Et({name:t,now:e,samples:n,most:o=0,limit:r=null}){return c`<div class="mini">
    <div><span>${a(t)}</span><b>${e}</b></div>
    ${n&&c`<div class="mini-plot">
        <${ge} samples=${n} most=${Math.max(o,r?.value??0)} label=${`${a(t)} ${e}`} />
        ${r&&c`<span class="mini-limit"></span>`}
      </div>`}
    ${r&&c`<span class="muted">${r.text}</span>`}
  </div>`}function oo({status:t}){let{usage:e,players:n,server:o}=t,r=Ft(o),s=u=>r.map(p=>({at:p.at,value:p[u]})),i=se(t),l=e&&B.value===null;return c`<section>
    <h2>${a("rightNow")}</h2>
    <${Et} name="cpu" now=${l?Dt(e.cpuPercent):"\u2013"} samples=${e&&s("cpu")} most=${no} limit=${i.cpuPercent} />
    <${Et} name="memory" now=${l?F(e.memoryBytes):"\u2013"} samples=${e&&s("memory")} limit=${i.memoryBytes} />
    ${n&&c`<${Et} name="players" now=${C(n.online)} samples=${e&&s("players")} most=${n.max??1} />`}
  </section>`}var Je=({title:t,rows:e})=>c`<section>
    <h2>${t}</h2>
    <dl>
      ${e.filter(Boolean).map(([n,o])=>c`<div key=${n}>
          <dt>${n}</dt>
          <dd>${o}</dd>
        </div>`)}
    </dl>
  </section>`,ro=({status:t,exit:e})=>t==="failed"&&e.code===null?a("state.failed"):de(e);function Qe({status:t}){let{startedAt:e,pid:n,exit:o,readIndex:r,ports:s=[],runPorts:i}=t,l=m=>i?.find(d=>d.name===m),u=({port:m,protocol:d})=>`${m} ${a(`protocol.${d}`)}`,p=be(t),f=[e!==null&&[a("startedAt"),z(e)],n!==null&&[a("pid"),n],[a("lastExit"),o?`${ro(t)}, ${z(o.at)}`:a("never")],[a("crashed"),p||a("noCrashes")],[a("logSize"),F(r)]];return c`<aside class="facts" id="facts" aria-label=${a("facts")}>
    <${oo} status=${t} />
    <${Je} title=${a("thisRun")} rows=${f} />
    <${Ge} key=${t.server} status=${t} />
    ${s.length>0&&c`<${Je}
        title=${a("ports")}
        rows=${s.map(m=>{let d=l(m.name)??m,b=d.port!==m.port,O=c`${u(d)}${b&&c`<br /><span class="muted">${a("fromNextStart",{port:u(m)})}</span>`}`;return[q(Rt(m.name.replaceAll("_"," "))),O]})}
      />`}
  </aside>`}function Xe(t){let e=t.at(-1),n=t.find(({at:o})=>o>=e.at-10);return!n||e.at-n.at<1||e.done<=n.done?0:(e.done-n.done)/(e.at-n.at)}function Ye(t,{done:e,total:n}){return t>0&&n!==null&&n>e?Math.ceil((n-e)/t):null}var so=25,ao=300,io=5,Ze=({status:t})=>!["queued","running"].includes(t);function lo(t){let[e,n]=h(null),o=S({steps:[],points:[]});return E(()=>{if(t==null)return;o.current={steps:[],points:[]};let r=new AbortController,s=!0;return D(async()=>{let l=await T("job_status",{job:t,wait:s?0:so},r.signal);return l.error===null&&(l.step=q(l.step,l.cause)),s=!1,o.current=co(o.current,l,performance.now()/1e3),n(l),Ze(l)?!1:(await new Promise(u=>setTimeout(u,ao)),!r.signal.aborted)},null,r.signal),()=>r.abort()},[t]),[e,o.current]}function co({steps:t,points:e},{step:n,done:o},r){let s=!t.length||t.at(-1)===n;return{steps:s&&t.length?t:[...t,n].slice(-io-1),points:[...s?e:[],{at:r,done:o}].slice(-100)}}var uo=({unit:t})=>t==="bytes"?F:C;function po(t,e){let n=uo(t),o=Xe(e),r=Ye(o,t);return[t.total!==null?a("doneOf",{done:n(t.done),total:n(t.total)}):t.done>0&&n(t.done),o>0&&t.unit==="bytes"&&a("perSecond",{n:F(o)}),r!==null&&a("timeLeft",{n:Lt(r)})].filter(Boolean).join(" \xB7 ")}function tn({status:t}){let[e,{steps:n,points:o}]=lo(t.job),[r,s]=h(null),i=async()=>{try{await T("job_cancel",{job:e.job})}catch(d){s(d)}},l=q(t.typeTitle||t.type),u=e&&e.kind!=="install"?e.kind:"install",p=a(`doing.${u}`,{what:l}),f=e?.total?Math.min(e.done/e.total,1):null,m=e&&[`${a("jobOf",{n:e.job,by:e.by})} ${e.startedAt===null?"":H(e.startedAt,R())}`.trim(),a("goesOn")];return c`<section class="job" aria-label=${a("installing")}>
    <div class="job-head">
      <div>
        <h2>${p}</h2>
        <p class="muted">${m?m.filter(Boolean).join(" \xB7 "):a("goesOn")}</p>
      </div>
      ${e&&L(t.server,"settings")&&c`<button class="btn" type="button" onClick=${i}><${g} name="x" />${a("cancel")}</button>`}
    </div>
    <div
      class="progress"
      role="progressbar"
      aria-label=${p}
      aria-valuenow=${f===null?void 0:Math.round(100*f)}
      aria-valuemin="0"
      aria-valuemax="100"
    >
      <span style=${{width:`${100*(f??0)}%`}}></span>
    </div>
    ${e?.status==="queued"&&c`<p class="muted">${a("jobQueued")}</p>`}
    ${e?.step&&c`<ol class="job-steps">
        ${n.slice(0,-1).map(d=>c`<li class="done" key=${d}><${g} name="circle-check" /><span class="sr">${a("done")}: </span><b>${d}</b></li>`)}
        <li class="run" key=${e.step}>
          <${et} state="starting" /><span class="sr">${a("now")}: </span><b>${e.step}</b>
          <span class="muted">${po(e,o)}</span>
        </li>
      </ol>`}
    ${e&&L(t.server,"view")&&c`<${rt} key=${e.job} job=${e.job} isOver=${Ze(e)} />`}
    <${U} text=${V(r)} />
  </section>`}function en({status:t}){return t.status==="installing"?c`<${tn} status=${t} />`:(nn(t)||t.needsInstall)&&c`<${mo} status=${t} />`}var nn=({status:t,exit:e})=>["crashed","failed","waiting"].includes(t)&&e;function fo({server:t,status:e,needsInstall:n,exit:o}){let[r,s]=h(null),i=(n||e==="failed")&&L(t,"view");return E(()=>{if(s(null),!i)return;let l=new AbortController;return D(async()=>{let[p]=(await T("job_list",{server:t,limit:1},l.signal)).jobs,f=p&&p.status==="failed"&&oe.includes(p.kind)&&p.endedAt>=(o?.at??0)-1;s(f?p.job:null)},null,l.signal),()=>l.abort()},[t,i,o?.at]),r}function mo({status:t}){let{status:e,exit:n}=t,o=ue(t),r=fo(t),s=o.reasonNot(ht),i=nn(t)&&{title:he(a(`down.${e}`,{when:H(n.at,R())}),t),about:$e(n),said:me(n.reason)},{title:l,about:u,said:p}=i||{title:a("code.not_installed")};return c`<section class=${e==="waiting"?"notice warn":"notice bad"} aria-label=${a("whatHappened")}>
    <span><${et} state=${e} /></span>
    <div>
      <b>${l}</b>
      ${u&&c`<p>${u}</p>`}
      ${p&&c`<pre class="said">${p}</pre>`}
      ${r!==null&&c`<${rt} key=${r} job=${r} isOver />`}
      <${U} text=${o.problem} />
    </div>
    <div class="notice-acts">
      ${t.needsInstall?ie(G,t)&&c`<button class="btn primary" type="button" onClick=${()=>o.press(G)}><${g} name="download" />${a("installAgain")} …</button>`:c`<button
              class="btn primary"
              type="button"
              aria-disabled=${s?"true":void 0}
              title=${s||void 0}
              onClick=${()=>o.press(ht)}
            >
              <${g} name="play" />${a("startAgain")}
            </button>`}
    </div>
    ${o.question}
  </section>`}var on="facts";function $o({id:t,status:e}){let n=!!tt.value.query.alone,o=!n&&!Wt.value.includes(on);return c`${e&&!n&&c`<${en} status=${e} />`}
    <div class=${o?"console-grid":"console-grid folded"}>
      <${He}
        key=${t}
        ...${{id:t,status:e,isAlone:n,hasFacts:o}}
        turnFacts=${()=>Vt(on)}
      />
      ${o&&e&&c`<${Qe} status=${e} />`}
    </div>`}K({name:"console",order:10,icon:"terminal",view:$o});K({name:"players",order:30,icon:"users",view:Y(X,"Players"),fits:({players:t})=>t!==void 0,count:({players:t})=>t?.online});K({name:"settings",order:90,icon:"settings",rights:["settings","destroy"],view:Y(X,"Settings")});var ho=1e3,rn=5;function bo(t,e,n){let o=["crashed","failed"].includes(n)?`${t} ${a(`state.${n}`)}`:t;return e==="console"||!yt(e)?o:`${o} \xB7 ${a(e)}`}function wo(t){let[e,n]=h(!1);return E(()=>{let o=new AbortController;return D(async()=>{try{await jt(t,o.signal),n(!1)}catch(s){throw["no_such_server","bad_request"].includes(s.code)&&n(!0),s}},ho,o.signal),()=>o.abort()},[t]),e}function sn({id:t,tab:e}){let n=wo(t),o=Bt.value?.get(t),r=o?.status;if(E(()=>ve(bo(t,e,r)),[t,e,r]),n)return c`<${ft} icon="server" title=${a("noServer")}>
      <a class="btn" href="#/">${a("toServers")}</a>
    <//>`;let s=yt(e),i=!!tt.value.query.alone,l=c`<a class="btn" href=${`#/server/${t}/console`}>${a("console")}</a>`;return c`${!i&&c`<${yo} ...${{id:t,status:o,tab:e}} />`}
    <div class="tab-body">
      ${s?fe(t,s)?c`<${s.view} key=${e} ...${{id:t,status:o}} />`:c`<${Gt}>${l}<//>`:c`<${ft} icon="info" title=${a("notFoundPage")}>${l}<//>`}
    </div>
    ${!i&&c`<${xo} ...${{id:t,tab:e}} />`}`}function yo({id:t,status:e,tab:n}){let o=e&&[q(e.typeTitle||e.type),e.description].filter(Boolean).join(" \xB7 ");return c`<header class="server-head">
    <div class="sh-top">
      <a class="btn icon back" href="#/" aria-label=${a("toServers")} title=${a("toServers")}
        ><${g} name="chevron-left"
      /></a>
      <${re} icon=${e?.icon} css="big" />
      <div class="sh-name">
        <h1 title=${t}>${t}</h1>
        <p title=${o||void 0}>${o}</p>
      </div>
      ${e&&c`<${vo} status=${e} /><${pe} status=${e} more=${go(e)} />`}
    </div>
    <nav class="tabs" aria-label=${t}>
      ${wt(t).map(r=>an(t,r,n,e))}
    </nav>
  </header>`}var an=(t,{name:e,icon:n,count:o},r,s)=>{let i=s&&o?.(s);return c`<a key=${e} href=${`#/server/${t}/${e}`} aria-current=${e===r?"page":void 0}
    ><${g} name=${n} /><span>${a(e)}</span>${typeof i=="number"&&c` <span class="count">${C(i)}</span>`}</a
  >`};function go(t){let{server:e}=t;return[mt(t)!==null&&{icon:"copy",text:a("copyAddress"),act:()=>st(we(t))},{icon:"pin",text:a(Kt.value.includes(e)?"unpin":"pin"),act:()=>Ht(e)}]}var Tt=({css:t,name:e,children:n})=>c`<span class=${`sh-fact ${t}`}
    ><span class="k">${a(e)}</span><span class="v">${n}</span></span
  >`;function vo({status:t}){let{players:e,uptime:n}=t;return c`<div class="sh-facts">
    <${ce} state=${Jt(t)} />
    ${mt(t)!==null&&c`<${Tt} css="addr" name="address"><${ye} status=${t} /><//>`}
    ${e!==void 0&&c`<${Tt} css="pl" name="players"
        >${e?c`<b>${C(e.online)}</b>${e.max!==null&&` ${a("ofMost",{n:C(e.max)})}`}`:"\u2013"}<//
      >`}
    <${Tt} css="up" name="uptime">${n===null?"\u2013":Nt(n)}<//>
  </div>`}function xo({id:t,tab:e}){let n=wt(t),o=n.length>rn?n.slice(0,rn-1):n,r=n.slice(o.length);return c`<nav class="bottom" aria-label=${a("tabsShort",{id:t})}>
    ${o.map(s=>an(t,s,e,null))}
    ${r.length>0&&c`<${nt}
        label=${a("more")}
        css=${r.some(({name:s})=>s===e)?"here":""}
        side="up"
        items=${r.map(({name:s,icon:i})=>({icon:i,text:a(s),act:()=>location.hash=`#/server/${t}/${s}`}))}
        ><${g} name="ellipsis" /><span>${a("more")}</span><//
      >`}
  </nav>`}export{sn as Server,Ot as Update};
