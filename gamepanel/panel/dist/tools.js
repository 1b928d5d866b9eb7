import{$a as Le,B as s,Ba as xe,Bb as F,C as de,Cb as h,D as fe,Db as U,E as O,Eb as C,Fb as oe,G as k,Ga as Oe,Gb as V,Ha as A,Hb as Be,Ib as G,La as te,Lb as Pe,Ma as T,Na as Se,Oa as se,Pa as q,Pb as Fe,Qa as Ae,Sa as Te,V as _,Vb as je,W as me,Y as $e,Z as S,_ as H,a as y,ab as E,b as I,ba as ve,bb as Ee,c as Q,d as ce,ea as be,f as ue,fa as ye,g as p,ga as ke,ha as he,ia as Z,l as B,la as ge,ma as R,p as W,qa as ee,qb as Ce,ra as we,s as pe,u as X,w as P,wb as De,yb as ne,zb as Ie}from"./first.js";var Ve=6e4,Ge=["no_such_server","forbidden"];async function Ye(e,t){let{samples:n}=await W("server_history",{server:e,seconds:3600},t),l=n.filter(({cpuPercent:o})=>o!==null);H.set(e,l.map(({at:o,cpuPercent:u})=>({at:o*1e3,value:u})))}function ze(e,t){if(!Ge.includes(t.code))throw t;H.delete(e)}var Je=e=>pe(async()=>{for(let{server:t,status:n}of[...S.value.values()]){if(e.aborted)return;n!=="running"?H.delete(t):await Ye(t,e).catch(l=>ze(t,l))}},Ve,e);var Qe=20;async function Xe(e,t){let n=[],l=[];for(let o of t)try{await V(e,o),n.push(o.server)}catch(u){l.push(`${o.server}: ${_(u)}`)}return{done:n,refused:l}}var Me=e=>e.reduce((t,{players:n})=>t+(n?.online??0),0);function Ne({chosen:e,clear:t}){let[n,l]=y(!1),[o,u]=y(""),[c,$]=y(null),[v,g]=y([]);Te(r=>r.key==="Escape"&&!document.querySelector("dialog[open]")&&t());let i=r=>e.filter(f=>C(r,f));async function d(r,f){$(null),l(!0);let{done:b,refused:z}=await Xe(r,f);u(z.join(" ")),g(r===Ie?b:J=>J.filter(Ue=>!b.includes(Ue))),R(s("bulkDone",{verb:s(r.name),n:k(b.length)})),l(!1)}let w=r=>{let f=i(r);if(n||B.value!==null||!f.length)return;let z=f.some(({players:J})=>G(r,J));r===F||r===h||z||f.length>Qe?$({action:r,statuses:f}):d(r,f)},x=e.map(({server:r})=>r),L=ee.value.filter(r=>!x.includes(r)),j=x.every(r=>ee.value.includes(r)),M=r=>B.value!==null?s("awayWait"):r?"":s("noneFits"),a=(r,f)=>{let b=i(r).length;return{icon:r.icon,text:`${s(r.name)} ${k(b)} \u2026`,why:M(b),act:()=>w(r),...f}},m=[a(h),{icon:"pin",text:s(j?"unpin":"pin"),act:()=>we(j?L:[...L,...x])},"-",a(F,{isDanger:!0})],N=v.map(r=>S.value.get(r)).filter(r=>r&&C(ne,r)),K=n||!N.length||B.value!==null,ie=e.filter(({status:r})=>De(r)).length;return p`<section class="bulk" aria-label=${s("selectedServers")}>
    <b>${s("nSelected",{n:k(e.length)})}</b>
    <span class="muted">${s("runAndRest",{running:k(ie),stopped:k(e.length-ie)})}</span>
    <span class="bulk-acts">
      ${U.map(r=>{let f=i(r).length,b=n||!f||B.value!==null;return p`<button
          key=${r.name}
          class="btn"
          type="button"
          aria-disabled=${b?"true":void 0}
          title=${M(f)||void 0}
          onClick=${()=>w(r)}
        >
          <${A} name=${r.icon} />${s(r.name)} ${k(f)}
        </button>`})}
      <${Le} label=${s("moreForN",{servers:O("nServers",e.length)})} css="btn" side="up right" items=${m}
        ><${A} name="ellipsis" />${s("more")}<//
      >
    </span>
    <button class="btn quiet" type="button" onClick=${t}>${s("clear")} <kbd aria-hidden="true">Esc</kbd></button>
    ${v.length>0&&p`<span class="bulk-done">
        <span>${s("bulkDone",{verb:s("stop"),n:k(v.length)})}</span>
        <button class="btn" type="button" aria-disabled=${K?"true":void 0} onClick=${()=>K||d(ne,N)}>
          <${A} name="play" />${s("startThemAgain")}
        </button>
      </span>`}
    <${Ee} text=${o} />
    ${c&&p`<${E} title=${s("reallyBulk",{verb:s(c.action.name),servers:O("nServers",c.statuses.length)})} close=${()=>$(null)}>
        ${c.action===F&&p`<p>${s("killLoses")} ${s("killNobody")}</p>`}
        ${c.action===h&&p`<p>${s("updateAbout")}</p>`}
        ${c.action!==h&&Me(c.statuses)>0&&p`<p><b>${O("playersOn",Me(c.statuses))}</b> ${s("sureAbout")}</p>`}
        <p class="ids">${c.statuses.map(({server:r})=>r).join(", ")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${()=>$(null)}>${s("cancel")}</button>
          <button class=${c.action===F?"btn danger-fill":"btn primary"} type="button" onClick=${()=>d(c.action,c.statuses)}>
            ${s(c.action.name)} ${k(c.statuses.length)}
          </button>
        </div>
      <//>`}
  </section>`}var re=e=>[s("ctrl"),e],Ze={everywhere:[[re("K"),"keys.jump"],[["?"],"keys.list"],[["g","s"],"servers"],[["g","n"],"newServer"],[["g","h"],"host"],[["g","p"],"people"],[["g","a"],"audit"],[["Esc"],"keys.close"]],servers:[[["/"],"filter"],[["\u2191","\u2193","j","k"],"keys.move"],[["Enter"],"keys.open"],[["x"],"keys.select"],[["s","r"],"keys.power"],[["c"],"copyAddress"],[["p"],"keys.pin"],[["."],"more"],[["v"],"keys.view"]],aServer:[[["1","\u2026","7"],"keys.tabs"],[["[","]"],"keys.turn"],[re("F"),"keys.find"],[["s","r"],"keys.power"],[["i"],"typeCommand"],[["\u2191","Tab"],"keys.earlier"],[["End"],"keys.end"],[re("S"),"keys.save"]]},et=({keys:e})=>e.map(t=>t==="\u2026"?" \u2026 ":p`<kbd key=${t}>${t}</kbd> `);function Ke(){let e=()=>q.value=!1;return p`<${E} title=${s("keys")} css="dialog wide" close=${e}>
    <p>${s("keys.switch")}</p>
    <div class="keys-grid">
      ${Object.entries(Ze).map(([t,n])=>p`<section key=${t} aria-label=${s(`keys.${t}`)}>
          <h3>${s(`keys.${t}`)}</h3>
          <dl>
            ${n.map(([l,o])=>p`<div key=${o}>
                <dt><${et} keys=${l} /></dt>
                <dd>${s(o)}</dd>
              </div>`)}
          </dl>
        </section>`)}
    </div>
    <div class="dialog-acts"><button class="btn" type="button" onClick=${e}>${s("close")}</button></div>
  <//>`}var le=8,tt=5e3,Y=()=>S.value?.get(X.value.path.split("/")[2]),D=ue(null),st=e=>()=>{T.value="",D.value={title:s("verbAnother",{verb:s(e.name)}),items:()=>ae(e).map(t=>({...t,..._e(e,t.status)}))}},nt=(e,t)=>()=>{T.value="";let n={verb:oe(e,t),id:t.server},l=e===h?s("updateAbout"):O("playersOn",t.players.online);D.value={title:s("sureTitle",n),items:()=>[{icon:"x",text:s("cancel"),act:()=>{}},{icon:e.icon,text:s("verbOf",n),about:l,act:()=>He(e,t)}]}},_e=(e,t)=>e===h||G(e,t.players)?{act:nt(e,t),isOpen:!0}:{act:()=>He(e,t)};async function He(e,t){try{await V(e,t)}catch(n){R(_(n))}}var ot=({players:e})=>e?.online?O("nOn",e.online):"";function rt(e){let{type:t,value:n,unit:l,choices:o}=e;return t==="password"||n===null||n===""?"":o?me(e,n):t==="boolean"?s(n?"on":"off"):l?`${n} ${fe(l)}`:String(n).split(`
`)[0]}function lt(){let e=Y()?.server,t=!!e&&ke(e,"settings"),[n]=be(async l=>{if(!t)return null;let o=W("server_settings",{server:e},l),[{settings:u},{titleOf:c}]=await Promise.all([o,je()]);return{settings:u,titleOf:c}},[e,t]);return!ye()||!n?[]:n.settings.map(l=>({icon:"settings",text:n.titleOf(l),about:rt(l),act:()=>at(e,l.name)}))}function at(e,t){P(`/server/${e}/settings`);let n=performance.now()+tt,l=()=>{let o=document.getElementById(`field-${t}`);o?(o.closest("details")?.setAttribute("open",""),o.focus(),o.scrollIntoView({block:"center"})):performance.now()<n&&setTimeout(l,50)};l()}var We=[...U,h];function it(){let e=Y(),t=e?.server,n=e?We.filter(o=>C(o,e)).map(o=>({icon:o.icon,text:s("verbOf",{verb:oe(o,e),id:t}),key:Pe(o,e),about:[s("youAreHere"),ot(e)].filter(Boolean).join(" \xB7 "),..._e(o,e)})):[],l=We.filter(o=>ae(o).some(({text:u})=>u!==t)).map(o=>({icon:o.icon,text:s("verbAnother",{verb:s(o.name)}),about:s("chooseServer"),act:st(o),isOpen:!0}));return[...n,...l,he()&&{icon:"plus",text:s("newServer"),act:()=>P("/new")},{icon:"moon",text:s("turnTheme"),act:Oe},!Z()&&{icon:"log-out",text:s("logout"),act:ge}].filter(Boolean)}function ct(){let e=Y(),{admin:t}=$e.value,n=(o,u,c)=>({icon:c,text:s(o),act:()=>P(u)});return[...e?Fe(e.server).map(({name:o,icon:u})=>({...n(o,`/server/${e.server}/${o}`,u),about:e.server})):[],n("servers","/","server"),n("activity","/activity","activity"),t&&n("host","/host","hard-drive"),t&&!Z()&&n("people","/people","users"),t&&n("audit","/audit","scroll-text"),n("account","/account","user")].filter(Boolean)}var ut=({typeTitle:e,type:t,description:n})=>[de(e||t),n].filter(Boolean).join(" \xB7 "),ae=e=>[...S.value?.values()??[]].filter(t=>!e||C(e,t)).map(t=>({status:t,text:t.server,about:ut(t),act:()=>P(`/server/${t.server}/console`)}));function pt(e,t){let n=e.startsWith(">"),o=(n?e.slice(1).trim():e).toLowerCase().split(/\s+/),u=({text:i,about:d=""})=>o.every(w=>`${i} ${d}`.toLowerCase().includes(w)),c=({text:i})=>i.toLowerCase().includes(o[0]),$=(i,d)=>c(d)-c(i);if(D.value){let i=D.value.items().filter(u).slice(0,le);return i.length?[{title:D.value.title,items:i}]:[]}let v={title:s("doIt"),items:it().filter(u)};if(n)return v.items.length?[v]:[];let g=({items:i})=>i.some(({text:d})=>d.toLowerCase().startsWith(o[0]));return[{title:s("servers"),items:ae().filter(u).sort($).slice(0,le)},v,{title:s("settingsOf",{id:Y()?.server}),items:t.filter(u).slice(0,le)},{title:s("pages"),items:ct().filter(u)}].filter(({items:i})=>i.length).sort((i,d)=>o[0]&&g(d)-g(i))}function dt(e,t){if(!t)return 0;let n=l=>l&&Re(l)===t.name;return n(e[t.number])?t.number:e.findIndex(n)}var Re=({icon:e,text:t})=>`${e} ${t}`;function ft(e,t){let n=t?e.toLowerCase().indexOf(t.toLowerCase()):-1;if(n<0)return e;let l=n+t.length;return p`${e.slice(0,n)}<mark>${e.slice(n,l)}</mark>${e.slice(l)}`}function qe(){let[e,t]=y(!1);I(()=>{ve().catch(()=>{}).then(()=>t(!0))},[]),Q(()=>{Se.value=!1},[]);let{path:n}=X.value,[l]=y(n);I(()=>{n!==l&&(te.value=!1)},[n]);let[o,u]=y(null),c=ce(null),$=T.value.trim(),v=pt($,lt()),g=$.replace(/^>\s*/,""),i=v.flatMap(({items:a})=>a),d=dt(i,o),w=a=>i[a]&&u({number:a,name:Re(i[a])}),x=()=>te.value=!1,L=a=>{u(null),a.isOpen||x(),a.act()};Q(()=>{!e||!se.value||(se.value=!1,i[d]&&L(i[d]))}),I(()=>()=>{D.value=null},[]),I(()=>{c.current.querySelector('[aria-selected="true"]')?.scrollIntoView({block:"nearest"})});function j(a){let m={ArrowDown:1,ArrowUp:-1}[a.key];if(m)w((Math.max(d,m<0?0:-1)+m+i.length)%i.length);else if(a.key==="?"&&!T.value)x(),q.value=!0;else if(a.key==="Enter"&&i[d])L(i[d]);else return;a.preventDefault()}let M=a=>{let m=i.indexOf(a);return p`<div
      role="option"
      id=${`pal-${m}`}
      key=${m}
      aria-selected=${String(m===d)}
      onClick=${()=>L(a)}
      onMouseMove=${({movementX:N,movementY:K})=>(N||K)&&w(m)}
    >
      ${a.status?p`<${Ce} icon=${a.status.icon} />`:p`<${A} name=${a.icon} />`}
      <span>${ft(a.text,g)}</span><span class="muted">${a.about}</span>
      ${a.key&&xe.value&&p`<span class="keys" aria-hidden="true"><kbd>${a.key}</kbd></span>`}
      ${a.status&&p`<${Be} state=${Ae(a.status)} />`}
    </div>`};return p`<${E} title=${s("jump")} css="palette" isBare close=${x}>
    <label class="pal-in"
      ><${A} name="search" /><span class="sr">${s("jumpWhat")}</span
      ><input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="pal-list"
        aria-activedescendant=${i[d]?`pal-${d}`:void 0}
        autocomplete="off"
        spellcheck=${!1}
        autofocus
        value=${T.value}
        onInput=${a=>{T.value=a.target.value,u(null)}}
        onKeyDown=${j}
      /><kbd aria-hidden="true">Esc</kbd></label
    >
    <div id="pal-list" role="listbox" aria-label=${s("whatFits")} ref=${c}>
      ${v.map(({title:a,items:m})=>p`<div role="group" aria-label=${a} key=${a}>
          <div class="pal-h" aria-hidden="true">${a}</div>
          ${m.map(M)}
        </div>`)}
    </div>
    ${!i.length&&p`<p class="pal-h">${s("nothingFits",{what:`\u201C${$}\u201D`})}</p>`}
    <div class="pal-foot" aria-hidden="true">
      <kbd>↑</kbd><kbd>↓</kbd> ${s("choose")} <kbd>Enter</kbd> ${s("doThis")} <kbd>${">"}</kbd> ${s("onlyDeeds")} <kbd>?</kbd> ${s("keys.all")}
    </div>
  <//>`}export{Ne as Bulk,Ke as KeysDialog,qe as Palette,Je as followHours};
