import{$a as j,A as ie,Aa as cn,B as s,C as _,D as Fe,E as se,F as We,Fa as k,G as O,Ga as ce,Gb as vn,H,Ha as re,I as He,J as Ee,K as qe,Kb as yn,L as oe,Lb as kn,M as Ue,N as Zt,O as Yt,Q as Ne,Qa as un,R as ve,Ra as q,S as ye,Sa as z,T as Jt,Ta as G,U as _e,Ua as ke,Ub as xn,V as A,Va as Z,W as Ge,Wa as X,Wb as Sn,X as K,Xa as ue,Y as Ke,Ya as xe,Z as Le,Za as Se,_a as de,a as h,aa as Qt,b as B,ba as Xt,bb as ct,c as ge,d as W,da as en,db as ut,ea as I,eb as dn,fa as le,fb as $n,g as a,ga as P,gb as dt,ha as tn,hb as pn,ia as lt,ib as $t,jb as mn,ka as je,l as J,la as nn,m as we,ma as R,mb as fn,nb as hn,oa as sn,ob as ze,p as S,pa as on,pb as bn,q as Ut,qb as Ve,r as Gt,rb as gn,s as ee,sa as rn,sb as wn,ta as an,tb as pt,u as ae,ub as fe,v as Q,vb as Me,w as ne,x as Kt,y as zt,yb as mt,z as Vt,za as ln}from"./first.js";var As=["integer","number","port"],Es=({target:e})=>e.validity.badInput?s("noNumber"):e.value;function On({property:e,value:t,change:n,common:o,creating:r}){let{type:i,choices:l,maxLength:c}=e;if(i==="boolean")return a`<input
      type="checkbox"
      ...${o}
      checked=${!!t}
      onChange=${d=>n(d.target.checked)}
    />`;if(i==="password")return a`<${js} ...${{property:e,value:t,change:n,common:o,creating:r}} />`;if(l)return a`<${Ls} ...${{property:e,value:t,change:n,common:o}} />`;let u={...o,class:"in",value:t??"",onInput:d=>n(Es(d))};return i==="text"&&!Ns(e,t)?a`<textarea rows="4" maxlength=${c} ...${u}></textarea>`:As.includes(i)?a`<${_s} ...${{property:e,text:u}} />`:a`<input type="text" autocomplete="off" maxlength=${c} ...${u} />`}var Ns=({name:e},t)=>e==="description"&&!String(t??"").includes(`
`);function _s({property:{type:e,minimum:t,maximum:n,unit:o},text:r}){let i=a`<input
    type="number"
    inputmode="decimal"
    step=${e==="number"?"any":"1"}
    min=${t}
    max=${n}
    ...${r}
  />`;return o?a`<span class="unit">${i}<span>${Fe(o)}</span></span>`:i}function Ls({property:e,value:t,change:n,common:o}){let{choices:r,required:i}=e,l=c=>r.find(u=>String(u)===c)??"";return a`<span class="select"
    ><select
      ...${o}
      value=${String(t??"")}
      onChange=${c=>n(l(c.target.value))}
    >
      ${!i&&a`<option value="">–</option>`}
      ${r.map(c=>a`<option key=${c} value=${String(c)}>${Ge(e,c)}</option>`)}</select
    ><${k} name="chevron-down"
  /></span>`}function js({property:e,value:t,change:n,common:o,creating:r}){let i=t===null&&!r;return a`<${ke}
      autocomplete="new-password"
      maxlength=${e.maxLength}
      placeholder=${r?"":i?s("removed"):s("unchanged")}
      value=${t??""}
      ...${o}
      onInput=${l=>n(l.target.value||void 0)}
    />
    ${!r&&!e.required&&a`<label class="inline"
        ><input
          type="checkbox"
          checked=${i}
          onChange=${l=>n(l.target.checked?null:void 0)}
        />${s("removePassword")}</label
      >`}`}var Ms=["integer","number","port"];function Ze(e,t){let n={};for(let{name:o,type:r}of e)o in t&&(n[o]=Tn(r,t[o]));return n}function Tn(e,t){return t===""&&e!=="string"&&e!=="text"?null:Ms.includes(e)?Number.isFinite(Number(t))?Number(t):String(t):t}function Ye({type:e,value:t},n){return e==="password"?!1:Tn(e,n)===t||n===""&&t===null}var Oe=({name:e,type:t,value:n},o)=>t!=="password"&&e in o&&o[e]!==n;function V(e,t,n){let o=[`/${t}/${n}`,`/${n}`],r=e?.problems?.find(i=>o.includes(i.pointer));return r&&xe(r,n)}var Je=(e,t,n)=>!!e&&!n.some(({name:o})=>V(e,t,o));function te(e,t){ge(()=>{t&&e.current?.querySelector('[aria-invalid="true"]')?.focus()},[t])}var An=(e,t,n)=>ie(`field.${e}${t}`)?s(`field.${e}${t}`):n,$e=({name:e,title:t})=>An(e,"",_(t||e)),Is=e=>/Limit$/.test(e)||e==="isolation";function Ps({name:e,description:t,minimum:n,maximum:o,readonly:r,hint:i,maxLength:l,type:c},u){let d=ie(`field.${e}.about`)?"":_(i??""),$=[An(e,".about",_(t)),d];if(c!=="port"&&n!==void 0&&o!==void 0?$.push(s("range",{min:O(n),max:O(o)})):c!=="port"&&n!==void 0?$.push(s("from",{min:O(n)})):c!=="port"&&o!==void 0&&$.push(s("upTo",{max:O(o)})),l!==void 0&&l<1e3){let p=s("nUsed",{n:O([...String(u??"")].length)});$.push(s("atMostLong",{n:O(l)})+(c==="password"?"":p))}return r&&$.push(s(Is(e)?"onlyAdmins":"readonly")),Ds($.filter(Boolean))}var Cn=e=>/^\p{L}{2}|^\p{L} /u.test(e)?We(e):e,Ds=e=>e.reduce((t,n)=>t?t.endsWith(".")?`${t} ${Cn(n)}`:`${t} \xB7 ${n}`:Cn(n),"");function ft(e){let{type:t,value:n,unit:o,choices:r}=e;return t==="boolean"?s(n?"on":"off"):n===null||n===""?s("nothing"):r?Ge(e,n):typeof n=="string"?`\u201C${n}\u201D`:[n,Fe(o)].filter(Boolean).join(" ")}function Rs({property:e,bases:t,before:n,change:o,keepMine:r}){let{name:i}=e;return Oe(e,t)?a`<p class="was contested">
      <b>${s("othersSet",{value:ft(e)})}</b>${" "}
      <button type="button" class="link" onClick=${()=>o(void 0)}>
        ${s("takeTheirs")}<span class="sr"> ${$e(e)}</span>
      </button>${" \xB7 "}
      <button type="button" class="link" onClick=${()=>r(i)}>
        ${s("keepMine")}<span class="sr"> ${$e(e)}</span>
      </button>
    </p>`:i in n&&a`<p class="was">${s("othersChanged",{value:ft({...e,value:n[i]})})}</p>`}function Qe({properties:e,...t}){let n=e.filter(({advanced:l})=>!l),o=e.filter(l=>l.advanced),r=o.some(l=>V(t.error,t.parent,l.name)||Oe(l,t.bases??{})),i=l=>a`<${Fs} key=${l.name} property=${l} ...${t} />`;return a`${n.map(i)}
    ${o.length>0&&a`<details class="adv wide" open=${r}>
        <summary>
          <${k} name="chevron-right" />${s("advanced")}
          <span class="muted">${o.map($e).join(", ")}</span>
        </summary>
        <div class="grp">${o.map(i)}</div>
      </details>`}`}var Bs=e=>`field-${e}`;function Fs({property:e,draft:t,setDraft:n,error:o,parent:r,creating:i,bases:l={},before:c={},keepMine:u}){let{name:d,type:$,readonly:p,required:m,accept:f}=e,g=Bs(d),x=V(o,r,d),b=d in t&&!i,v=U=>{let{[d]:Wt,...Te}=t,F=U===void 0||Ye(e,U);n(F?Te:{...Te,[d]:U})},C=$==="password",y=d in t?t[d]:C?void 0:e.value,w=Ps(e,y),N={id:g,disabled:p&&!i,"aria-describedby":[x&&`${g}-error`,w&&`${g}-hint`].filter(Boolean).join(" ")||void 0,"aria-invalid":x?"true":void 0},D=$==="boolean",E=m&&e.value===null&&!D,L=a`<label for=${g}>${$e(e)}${E&&a` <span class="muted">${s("required")}</span>`}</label>`,T=a`<${On} ...${{property:e,value:y,change:v,common:N,creating:i}} />`;return a`<div class=${["field",D&&"check",$==="text"&&"wide",b&&"changed",x&&"wrong"].filter(Boolean).join(" ")}>
    ${D?a`${T}${L}`:a`${L}${T}`}
    <${q} id=${`${g}-error`} problem=${x} />
    <${Rs} ...${{property:e,bases:l,before:c,change:v,keepMine:u}} />
    ${b&&!C&&!Oe(e,l)&&a`<p class="was">
        ${s("was",{value:ft(e)})}${" "}
        <button type="button" class="link" onClick=${()=>v(void 0)}>
          ${s("undo")}<span class="sr"> ${$e(e)}</span>
        </button>
      </p>`}
    ${(w||f)&&a`<p class="hint" id=${`${g}-hint`}>
        ${w} ${f&&a`<a href=${f} target="_blank" rel="noopener noreferrer">${f}</a>`}
      </p>`}
  </div>`}var En=["command","power","settings","destroy","files","backup"],Nn={username:"",password:"",admin:!1,create:!1,disabled:!1},Ws=(e,t)=>["password","admin","create","disabled","servers"].filter(n=>JSON.stringify(e[n]??"")!==JSON.stringify(t[n]??Nn[n]??"")).length;function _n({user:e,hint:t,done:n,close:o}){let r={...Nn,external:K.value.auth==="url",...e},[i,l]=h(r),[c,u]=h(null),[d,$]=h(!1),p=W(null);te(p,c),ge(()=>{p.current.querySelector(e.isNew?"#person-name":"input").focus({preventScroll:!0}),p.current.getBoundingClientRect().top>innerHeight/2&&p.current.scrollIntoView()},[]);let m=Ws(i,r),f=e.isNew?!i.username:!m;async function g(y,w){try{await S(y,w),R(s("saved")),n()}catch(N){$(!1),u(N),R(A(N))}}function x(y){if(y.preventDefault(),f)return;let{username:w,password:N,admin:D,create:E,disabled:L,external:T,servers:M}=i,U={username:w,admin:D,create:E,servers:M};N&&(U.password=N),e.isNew?g("user_create",{...U,external:T}):g("user_update",{...U,disabled:L})}let b=y=>w=>l({...i,[y]:w}),v=y=>V(c,"",y),C=c&&!v("username")&&!v("password");return a`<form class="form-card" ref=${p} onSubmit=${x} noValidate aria-labelledby="person-title">
    <div class="tab-head">
      <h2 id="person-title">${e.isNew?s("newUser"):e.username}</h2>
      <button class="btn icon" type="button" aria-label=${s("close")} title=${s("close")} onClick=${o}>
        <${k} name="x" />
      </button>
    </div>
    ${e.isNew&&a`<${z} id="person-name" label=${s("userName")} value=${i.username} problem=${v("username")} hint=${s("rule.username")} change=${b("username")} autocapitalize="none" autocomplete="off" />`}
    ${!i.external&&a`<${Hs} ...${{user:e,draft:i,hint:t}} problem=${v("password")} change=${b("password")} />`}
    <${G} id="person-admin" label=${s("adminBox")} checked=${i.admin} hint=${s("adminHint")} change=${b("admin")} />
    <${G} id="person-create" label=${s("mayCreate")} checked=${i.create} hint=${s("createHint")} change=${b("create")} />
    ${e.isNew?a`<${G} id="person-external" label=${s("externalBox")} checked=${i.external} change=${b("external")} />`:a`<${G} id="person-in" label=${s("mayLogIn")} checked=${!i.disabled} change=${y=>b("disabled")(!y)} />`}
    ${!i.admin&&a`<${qs} servers=${i.servers} change=${b("servers")} />`}
    ${C&&a`<${j} text=${A(c)} />`}
    <div class="form-foot">
      ${!e.isNew&&a`<button class="btn quiet danger" type="button" onClick=${()=>$(!0)}>${s("delete")} …</button>`}
      <span class="con-space"></span>
      <span class="muted">${!e.isNew&&(m?se("nChanges",m):s("nothingChanged"))}</span>
      <button class="btn quiet" type="button" onClick=${o}>${s("discard")}</button>
      <button class="btn primary" type="submit" aria-disabled=${f?"true":void 0}>${s("save")}</button>
    </div>
    ${d&&a`<${de} title=${s("deleteTitle",{name:e.username})} close=${()=>$(!1)}>
        <p>${s("deleteAbout")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${()=>$(!1)}>${s("cancel")}</button>
          <button class="btn danger-fill" type="button" onClick=${()=>g("user_delete",{username:e.username})}>
            ${s("deleteNow")}
          </button>
        </div>
      <//>`}
  </form>`}var Hs=({user:e,draft:t,hint:n,problem:o,change:r})=>a`<div class=${o?"field wrong":"field"}>
    <label for="person-password">${s(e.isNew?"password":"newPassword")}</label>
    <${ke}
      id="person-password"
      autocomplete="new-password"
      value=${t.password}
      aria-invalid=${o?"true":void 0}
      aria-describedby=${o?"person-password-error person-password-hint":"person-password-hint"}
      onInput=${i=>r(i.target.value)}
    />
    <${q} id="person-password-error" problem=${o} />
    <p class="hint" id="person-password-hint">${n} ${!e.isNew&&s("keepPassword")}</p>
  </div>`;function qs({servers:e,change:t}){let[n]=I(u=>S("server_list",{},u),[]),o=n?.servers.map(({server:u})=>u)??[],r=Object.keys(e).toSorted(),i=o.filter(u=>!r.includes(u));function l(u,d,$){let p=new Set(["view",...e[u]]);$?p.add(d):p.delete(d),t({...e,[u]:[...p]})}let c=u=>{let{[u]:d,...$}=e;t($)};return a`<fieldset>
    <legend>${s("rightsByServer")}</legend>
    ${r.length>0&&a`<div class="scroll" tabindex="0" role="group" aria-label=${s("rightsByServer")}>
        <table class="plain rights">
          <thead>
            <tr>
              <th scope="col">${s("server")}</th>
              ${En.map(u=>a`<th scope="col" key=${u}>${s(`right.${u}`)}</th>`)}
              <th scope="col"><span class="sr">${s("takeAway")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${r.map(u=>a`<tr key=${u}>
                <th scope="row">${u}</th>
                ${En.map(d=>a`<td key=${d}>
                    <input
                      type="checkbox"
                      aria-label=${`${u}: ${s(`right.${d}`)}`}
                      checked=${e[u].includes(d)}
                      onChange=${$=>l(u,d,$.target.checked)}
                    />
                  </td>`)}
                <td>
                  <button class="btn icon" type="button" aria-label=${s("takeAwayOf",{id:u})} title=${s("takeAwayOf",{id:u})} onClick=${()=>c(u)}>
                    <${k} name="x" />
                  </button>
                </td>
              </tr>`)}
          </tbody>
        </table>
      </div>`}
    <p class="hint">${s("seesIt")}</p>
    ${(!n||i.length>0)&&a`<${X}
        label=${s("addServer")}
        value=""
        choices=${[["",s("addServer")],...i.map(u=>[u,u])]}
        change=${u=>u&&t({...e,[u]:["view"]})}
      />`}
  </fieldset>`}function Xe(){let e=K.value.auth==="password",[t,n]=I(async()=>e?Ut("login_info"):null,[]);return!e||n?"":t&&s("passwordRule",{n:O(t.passwordPolicy.minLength)})}var Us={isNew:!0,username:"",servers:{}};function jn(){let[e,t]=h(0),[n,o]=h(!1),[r,i]=I(b=>S("user_list",{},b),[e]),{q:l="",kind:c="",who:u=""}=ae.value.query,d=Xe(),$=r?.users??[],p=$.filter(b=>Ln[c](b)&&Ks(b).includes(l.toLowerCase())),m=n?Us:$.find(({username:b})=>b===u),f=()=>{o(!1),Q({who:""})},g=()=>{f(),t(e+1)},x=[["",a`<span class="n">${O($.length)}</span> ${s("all")}`],...["admins","off"].map(b=>[b,$.filter(Ln[b]).length]).filter(([b,v])=>v||b===c).map(([b,v])=>[b,a`<span class="n">${O(v)}</span> ${s(Gs[b](v))}`])];return a`<div class="page-head">
      <h1>${s("people")}</h1>
      <div class="page-acts">
        <a class="btn only-s" href="#/audit"><${k} name="scroll-text" />${s("audit")}</a>
        <button class="btn primary" type="button" onClick=${()=>o(!0)}><${k} name="plus" />${s("newUser")}</button>
      </div>
    </div>
    <div class="filters">
      <${Z} label=${s("filterPeople")} placeholder=${s("filterPeople")} value=${l} change=${b=>Q({q:b})} />
      <${ue} label=${s("showOnly")} value=${c} all=${x} change=${b=>Q({kind:b})} />
    </div>
    <${j} text=${A(i)} />
    <div class=${m?"people-grid":""}>
      <${zs} ...${{shown:p,who:n?"":u}} edit=${b=>{o(!1),Q({who:b})}} />
      ${m&&(n||d!==null)&&a`<${_n} key=${m.username} ...${{user:m,hint:d,done:g,close:f}} />`}
    </div>`}var Gs={admins:e=>e===1?"admins.one":"admins",off:()=>"disabledOnes"},Ln={"":()=>!0,admins:({admin:e})=>e,off:({disabled:e})=>e},Ks=({username:e,servers:t})=>[e,...Object.keys(t)].join(" ").toLowerCase(),zs=({shown:e,who:t,edit:n})=>a`<div class="table-wrap">
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">${s("name")}</th>
          <th scope="col">${s("may")}</th>
          <th scope="col"><span class="sr">${s("more")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${e.map(o=>{let{username:r,disabled:i}=o,l=[i&&"paused",r===t&&"here"].filter(Boolean).join(" ");return a`<tr key=${r} class=${l}>
            <th scope="row">
              <span class="ava" aria-hidden="true">${r.charAt(0).toUpperCase()}</span
              ><button class="link" type="button" aria-current=${r===t?"true":void 0} onClick=${()=>n(r)}>
                ${r}
              </button>
              <${Zs} user=${o} />
            </th>
            <td title=${et(o)}>${Js(o)}</td>
            <td class="acts"><${Se} label=${s("moreFor",{id:r})} items=${Vs(r,n)} /></td>
          </tr>`})}
      </tbody>
    </table>
  </div>`,Vs=(e,t)=>[{icon:"settings",text:s("edit"),act:()=>t(e)},{icon:"scroll-text",text:s("whatTheyDid"),act:()=>ne(`/audit?who=${encodeURIComponent(e)}`)}],Zs=({user:e})=>["admin","disabled","external"].filter(t=>e[t]).map(t=>a` <span key=${t} class=${t==="admin"?"tag acc":"tag"}>${s(t)}</span>`),Ys=4;function Js({admin:e,create:t,servers:n}){let o=Object.keys(n);if(e||!o.length)return et({admin:e,create:t,servers:n});let r=new Set(o.map(c=>Mn(n[c]))),i=o.length<Ys?o.join(", "):se("nServers",o.length),l=r.size===1?`${i}: ${[...r][0]}`:i;return[t&&s("mayCreate"),l].filter(Boolean).join(" \xB7 ")}function Mn(e){let t=e.filter(n=>n!=="view");return(t.length?t:e).map(n=>s(`right.${n}`)).join(", ")}function et({admin:e,create:t,servers:n}){if(e)return s("everything");let o=Object.entries(n).map(([r,i])=>`${r}: ${Mn(i)}`);return[t&&s("mayCreate"),...o].filter(Boolean).join(" \xB7 ")||s("nothing")}function In(){return a`<div class="page-head">
      <h1>${Ke.value.username}</h1>
      ${!lt()&&a`<div class="page-acts">
          <button class="btn" type="button" onClick=${nn}><${k} name="log-out" />${s("logout")}</button>
        </div>`}
    </div>
    <${Xs} />
    ${!lt()&&a`<${ht} name="mayDo" about=${s("mayDo.about")}><p class="wide">${et(Ke.value)}</p><//>`}
    ${K.value.auth==="password"&&a`<${eo} />`}`}var ht=({name:e,about:t,children:n})=>a`<section class="set" aria-labelledby=${`account-${e}`}>
    <div class="set-head">
      <h2 id=${`account-${e}`}>${s(e)}</h2>
      <p class="muted">${t}</p>
    </div>
    <div class="set-body">${n}</div>
  </section>`,Qs=[["dark","moon"],["light","sun"],["",null]];function Xs(){let e=async t=>{let n=t&&await globalThis.Notification?.requestPermission()==="granted";an(n),!(!t||n)&&(document.getElementById("account-tells").checked=!1,R(s("notAllowedToTell")))};return a`<${ht} name="looks" about=${s("onThisDevice")}>
    <div class="field">
      <span class="lab" aria-hidden="true">${s("theme")}</span>
      <div class="seg" role="group" aria-label=${s("theme")}>
        ${Qs.map(([t,n])=>a`<button key=${t} type="button" aria-pressed=${String(sn.value===t)} onClick=${()=>on(t)}>
              ${n&&a`<${k} name=${n} />`}${s(`theme.${t||"system"}`)}
            </button>`)}
      </div>
    </div>
    <div class="field">
      <span class="lab" aria-hidden="true">${s("language")}</span>
      <${X} label=${s("language")} value=${zt} choices=${Object.entries(Kt)} change=${Vt} />
    </div>
    <${G} id="account-tells" label=${s("tellMe")} checked=${rn.value} hint=${s("tellHint")} change=${e} />
    <${G} id="account-letters" label=${s("useLetters")} checked=${ln.value} hint=${s("lettersHint")} change=${cn} />
  <//>`}function eo(){let[e,t]=h(""),[n,o]=h(""),[r,i]=h(null),[l,c]=h(!1),u=W(null),d=Xe();te(u,r);async function $(g){g.preventDefault(),c(!1),i(null);try{await S("password_change",{oldPassword:e,password:n}),t(""),o(""),c(!0),R(s("passwordChanged"))}catch(x){i(x),R(A(x))}}let p=r?.code==="invalid_credentials"?s("wrongOld"):void 0,m=V(r,"","password"),f=(g,x,b,v,C,y)=>{let w=`account-${g}`;return a`<div class=${C?"field wrong":"field"}>
      <label for=${w}>${s(g)}</label>
      <${ke}
        ...${{id:w,autocomplete:x,value:b,required:!0}}
        aria-invalid=${C?"true":void 0}
        aria-describedby=${[C&&`${w}-error`,y&&`${w}-hint`].filter(Boolean).join(" ")||void 0}
        onInput=${N=>v(N.target.value)}
      />
      <${q} id=${`${w}-error`} problem=${C} />
      ${y&&a`<p class="hint" id=${`${w}-hint`}>${y}</p>`}
    </div>`};return d===null?null:a`<form ref=${u} onSubmit=${$} noValidate>
    <${ht} name="password" about=${s("passwordAbout")}>
      <input type="hidden" name="username" autocomplete="username" value=${Ke.value.username} />
      ${f("oldPassword","current-password",e,t,p)}
      ${f("newPassword","new-password",n,o,m,d)}
      ${!m&&!p&&a`<${j} text=${A(r)} />`}
      ${l&&a`<p class="good wide">${s("passwordChanged")}</p>`}
      <div class="wide"><button class="btn primary" type="submit">${s("changePassword")}</button></div>
    <//>
  </form>`}var to=25,Pn=200,no=2e3;function so(e,t,n,o,r){return ee(async()=>{let i=e.newest===null,l=i?{limit:ut}:{after:e.newest,limit:Pn,wait:$t()?to:0},c=mn(r),u;try{u=await S("event_list",{...t,...l},c.signal)}catch($){if(c.signal.aborted&&!r.aborted)return!0;throw $}finally{c.end()}let d=i||u.events.length>0||u.newest<e.newest;return e.take(u,n()),d&&o(),i||u.events.length===Pn||$t()},no,r)}var oo=e=>e!==null&&(e.getBoundingClientRect().top<0||e.querySelector("a:hover, a:focus")!==null);function bt({server:e}){let[t,n]=h(""),[o,r]=h(""),i=[["",s("all")],...Object.keys(dt).map(l=>[l,s(`kind.${l}`)])];return a`<div class="tab-head">
      ${e&&a`<h2>${s("events")}</h2>`}
      <${ue} label=${s("showOnly")} value=${t} all=${i} change=${n} />
      <${Z} label=${s("searchEvents")} placeholder=${s("searchEvents")} value=${o} change=${r} />
    </div>
    <${ao} key=${t} ...${{server:e,kind:t,wanted:o}} />`}var Dn=e=>pn(e,Le.value?.get(e.server)?.type);function ro(e,t){if(!t)return!0;let{text:n,more:o}=Dn(e);return[e.server,n,o].join(" ").toLowerCase().includes(t.toLowerCase())}function ao({server:e,kind:t,wanted:n}){let o={...e?{server:e}:{},...t?{kinds:dt[t]}:{}},[r]=h(()=>new $n),[,i]=h(0),[l,c]=h(null),[u,d]=h(!1),$=W(null),p=()=>i(w=>w+1);B(()=>{let w=new AbortController;return so(r,o,()=>oo($.current),p,w.signal),()=>w.abort()},[]);function m(){r.show(),p(),$.current.focus({preventScroll:!0}),$.current.getBoundingClientRect().top<0&&$.current.scrollIntoView()}async function f(){if(!u){d(!0);try{await r.bringOlder((w,N)=>S("event_list",{...o,after:w,limit:N})),c(null)}catch(w){c(w)}d(!1)}}let{fresh:g,isAll:x,isFull:b,newest:v}=r,C=r.shown.filter(w=>ro(w,n)),y=!!n&&v!==null&&C.length<ut&&!x&&!b&&!l;return B(()=>{y&&!u&&f()},[y,u]),a`<div class="fresher">
      ${g.length>0&&a`<button class="btn primary" onClick=${m}>
        ${s(g.length===1?"newEvent":"newEvents",{n:g.length})}
      </button>`}
    </div>
    <div class="events" tabindex="0" role="region" aria-label=${s("activity")} ref=${$}>
      ${v===null&&a`<p class="muted">${s("loading")}</p>`}
      ${v!==null&&!C.length&&a`<p class="muted">${s(y?"searching":n?"noEntries":"noEvents")}</p>`}
      ${io(C).map(({day:w,events:N})=>a`<${e?"h3":"h2"} key=${w} class="day">${w}<//>
          <ol key=${`${w} list`}>
            ${N.map(D=>a`<${uo} key=${D.event} event=${D} isNamed=${!e} />`)}
          </ol>`)}
      <${j} text=${A(l)} />
      ${b&&a`<p class="muted">${s("noMoreEvents",{n:dn})}</p>`}
      ${C.length>0&&!x&&!b&&a`<p class="more">
          <button class="btn" aria-disabled=${u||void 0} onClick=${f}>${s("showOlder")}</button>
        </p>`}
    </div>`}function io(e){let t=[];for(let n of e){let o=_e(n.at);t.at(-1)?.day===o?t.at(-1).events.push(n):t.push({day:o,events:[n]})}return t}var lo=({icon:e,state:t})=>t?a`<${ce} state=${t} />`:a`<${k} name=${e} />`;function co({job:e}){let[t,n]=h(!1);return a`<details class="job-output" onToggle=${({target:o})=>n(o.open)}>
    <summary>${s("jobOutput")}</summary>
    ${t&&a`<${hn} job=${e} isOver />`}
  </details>`}function uo({event:e,isNamed:t}){let n=e.kind.startsWith("job_")&&fn.includes(e.data.kind)&&P(e.server,"view"),{text:o,who:r,more:i,picture:l,tone:c}=Dn(e);return a`<li>
    <time dateTime=${new Date(e.at*1e3).toISOString()} title=${oe(e.at)}>${Ue(e.at)}</time>
    <span class=${`ev-ic ${c}`}><${lo} ...${l} /></span>
    <span class="ev-t">
      ${t&&e.server&&a`<a href=${`#/server/${e.server}/activity`}>${e.server}</a> `}
      <bdi>${r&&a`<b>${r}</b>`}${o.slice(r.length)}</bdi> ${i&&a`<span class="muted"><bdi>${i}</bdi></span>`}
      ${n&&a`<${co} job=${e.data.job} />`}
    </span>
  </li>`}var $o=()=>a`<div class="page-head"><h1>${s("activity")}</h1></div>
    <${bt} />`,po=$o;var pe=50,Rn=500,mo=1e4;function Fn({action:e,result:t}){return ie(`did.${e}`)?t==="ok"?s(`did.${e}`):s("tried",{what:s(`verb.${e}`)}):e}function Wn({result:e}){if(e==="ok")return s("done");let t=[`result.${e}`,`code.${e}`].find(ie);return t?s(t):e.replaceAll("_"," ")}var fo=e=>[e.username??s("unknown"),Fn(e),e.server,e.target,Wn(e),e.address].join(" ").toLowerCase();function Hn(){let[e,t]=I(T=>S("audit_log",{limit:pe},T),[]),[n,o]=h([]),[r,i]=h(!1),[l,c]=h(null),{q:u="",who:d="",server:$="",result:p=""}=ae.value.query,m={text:u,who:d,server:$,result:p},[f,g]=h(!1),[x,b]=h(pe),v=[...e?.entries??[],...n];async function C(T=pe){if(!f){g(!0);try{let M=v.at(-1).id,U=await S("audit_log",{before:M,limit:T});o([...n,...U.entries]),i(U.entries.length<T),c(null)}catch(M){c(M)}g(!1)}}let y=e?.entries.length===pe&&!r,w=Object.values(m).some(Boolean),N=v.filter(T=>ho(T,m)),D=w&&y&&!l&&N.length<x&&v.length<mo;B(()=>{D&&!f&&C(Rn)},[D,f]);let E=()=>{f||(b(x+pe),N.length<x+pe&&y&&C(w?Rn:pe))},L=T=>{let{text:M,...U}=T;Q({q:M,...U}),b(pe)};return a`<div class="page-head">
      <h1>${s("whatPeopleDid")}</h1>
      <div class="page-acts">
        <button class="btn" type="button" onClick=${()=>vo(N)}><${k} name="download" />${s("download")}</button>
      </div>
    </div>
    <${bo} ...${{entries:v,wanted:m,setWanted:L}} />
    <${j} text=${A(l??t)} />
    <div class="table-wrap">
      <table class="plain audit-t">
        <caption class="sr">${s("whatPeopleDid")}</caption>
        <thead>
          <tr>
            ${["when","who","did","server","what","result","where"].map(T=>a`<th key=${T} scope="col" class=${T==="when"?"num l":T==="where"?"hide-s":""}>${s(T)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${go(N.slice(0,x))}
        </tbody>
      </table>
    </div>
    ${e&&!N.length&&a`<p class="more">${s(D?"searching":"noEntries")}</p>`}
    ${w&&a`<p class="more muted">${s("lookedThrough",{n:O(v.length)})}</p>`}
    ${(y||N.length>x)&&a`<p class="more">
        <button class="btn" aria-disabled=${f?"true":void 0} onClick=${E}>
          ${s("older")}
        </button>
      </p>`}`}function ho(e,{text:t,who:n,server:o,result:r}){return fo(e).includes(t.toLowerCase())&&(!n||e.username===n)&&(!o||e.server===o)&&(!r||e.result==="ok"==(r==="ok"))}function bo({entries:e,wanted:t,setWanted:n}){let o=l=>c=>n({...t,[l]:c}),r=l=>[...new Set(e.map(c=>c[l]).filter(Boolean))].sort(),i=(l,c,u)=>a`<${X} label=${s(l)} value=${t[l]} choices=${[["",c],...u]} change=${o(l)} />`;return a`<div class="filters">
    <${Z} label=${s("filterAudit")} placeholder=${s("filterAudit")} value=${t.text} change=${o("text")} />
    ${i("who",s("everyone"),r("username").map(l=>[l,l]))}
    ${i("server",s("allServers"),r("server").map(l=>[l,l]))}
    ${i("result",s("anyResult"),[["ok",s("done")],["no",s("refusedOnes")]])}
  </div>`}function go(e){let t=null;return e.flatMap(n=>{let o=_e(n.at)!==t;t=_e(n.at);let r=a`<tr class="day" key=${t}><th colspan="7" scope="rowgroup">${t}</th></tr>`,i=a`<${wo} key=${n.id} entry=${n} />`;return o?[r,i]:[i]})}var Bn=()=>a`<span class="none">–</span>`;function wo({entry:e}){let{at:t,username:n,address:o,action:r,server:i,target:l,result:c}=e,u=c==="ok",d=r==="server_cmd"?a`<code>${l}</code>`:l;return a`<tr>
    <td class="num l" title=${oe(t)}>${Ue(t)}</td>
    <th scope="row">${n??s("unknown")}</th>
    <td>${Fn(e)}</td>
    <td>${i?a`<a href=${`#/server/${i}/console`}>${i}</a>`:Bn()}</td>
    <td class="what">${l?d:Bn()}</td>
    <td>
      <span class=${u?"mk good":"mk bad"}><${k} name=${u?"circle-check":"circle-x"} />${Wn(e)}</span>
    </td>
    <td class="hide-s mono">${o}</td>
  </tr>`}function vo(e){let t=l=>`"${String(l??"").replace(/^[=+\-@]/,"'$&").replaceAll('"','""')}"`,n=["id","at","username","address","action","server","target","result"],o=e.map(l=>n.map(c=>t(c==="at"?new Date(l.at*1e3).toISOString():l[c])).join(",")),r=[n.join(","),...o].join(`\r
`),i=URL.createObjectURL(new Blob([r],{type:"text/csv"}));Object.assign(document.createElement("a"),{href:i,download:"audit.csv"}).click(),URL.revokeObjectURL(i)}var yo=9,ko=({type:e,title:t,description:n,tags:o=[]})=>[e,t,n,_(t),_(n),...o,...o.map(_)].join(" ").toLowerCase();function xo(e){let t=new Map;for(let n of e.flatMap(({tags:o=[]})=>o))t.set(n,(t.get(n)??0)+1);return[...t].sort(([n,o],[r,i])=>i-o||n.localeCompare(r))}function qn(){let[e,t]=I(m=>S("server_create_options",{},m),[]),n=le()?e:null,[o,r]=h(!1),{q:i="",tag:l=""}=ae.value.query,c=(n?.types??[]).toSorted((m,f)=>m.missing.length-f.missing.length),u=c.filter(m=>(!l||m.tags?.includes(l))&&(!o||!m.missing.length)&&ko(m).includes(i.toLowerCase())),d=xo(c).filter(([m],f)=>f<yo||m===l),$=[["",a`<span class="n">${O(c.length)}</span> ${s("all")}`],...d.map(([m,f])=>[m,a`<span class="n">${O(f)}</span> ${_(m)}`])],p=s("searchGames",{n:O(c.length)});return a`<div class="page-head"><h1>${s("newServer")}</h1></div>
    <div class="filters">
      <${Z} label=${p} placeholder=${p} value=${i} change=${m=>Q({q:m})} />
      <${ue} label=${s("tags")} value=${l} all=${$} change=${m=>Q({tag:m})} />
      <label class="inline"
        ><input type="checkbox" checked=${o} onChange=${m=>r(m.target.checked)} /> ${s("onlyReady")}</label
      >
    </div>
    ${!n&&a`<p class="muted">${t?A(t):s("loading")}</p>`}
    ${n&&!u.length&&a`<${re} icon="list-filter" title=${s("noGameFits")}>
        <button class="btn" onClick=${()=>Q({q:"",tag:""})}>${s("clearFilter")}</button>
      <//>`}
    <ul class="types">
      ${u.map(m=>a`<li key=${m.type}><${bn} type=${m} /></li>`)}
    </ul>
    ${n&&a`<p class="more muted">
        ${s("nShown",{n:O(u.length),all:O(c.length)})} ${s("gameMissing")} <code>gamepanel import</code>
      </p>`}
    ${n?.problems?.length>0&&a`<${So} problems=${n.problems} />`}`}var So=({problems:e})=>a`<section class="notice" aria-label=${s("typeProblems")}>
    <span><${k} name="triangle-alert" /></span>
    <div>
      <b>${s("typeProblems")}</b>
      <ul>
        ${e.map(({file:t,detail:n})=>a`<li key=${t}><code>${t}</code> ${n}</li>`)}
      </ul>
    </div>
  </section>`;function Un({type:e}){return tn()?e?a`<${Ao} key=${e} type=${e} />`:a`<${qn} />`:a`<${re} icon="lock" title=${s("code.forbidden")} />`}var Oo=e=>Object.fromEntries(e.filter(({type:t,value:n})=>t==="port"&&n!==null).map(({name:t,value:n})=>[t,n])),Co=e=>e.normalize("NFKD").replace(/\p{M}/gu,"").toLowerCase().replace(/ß/g,"ss").replace(/[^a-z0-9]+/g,"-").replace(/^-+|-+$/g,"").slice(0,32),gt=new je,To={id:null,description:"",options:{}};function Ao({type:e}){let[t,n]=I(p=>S("server_create_options",{type:e},p),[]),o=le()?t:null,[r,i]=h(0),[l,c]=I(p=>S("server_create_options",{},p),[r]),u=l?.types.find(p=>p.type===e),d=_(u?.title??e),$=o&&l;return a`<div class="create">
    <div class="create-grid">
      <div>
        <p class="back-line"><a href="#/new"><${k} name="chevron-left" />${s("toGames")}</a></p>
        <div class="create-head">
          <${ze} icon=${u?.icon} css="big" />
          <div>
            <h1>${s("newOf",{title:d})}</h1>
            <p class="muted">${o&&_(u?.description??"")} <${Eo} url=${o?.homepage} /></p>
          </div>
        </div>
        ${$&&u?.missing.length>0&&a`<${_o} about=${u} again=${()=>i(r+1)} />`}
        ${$?a`<${Mo} ...${{type:e,properties:o.options}} />`:a`<p class="muted">${A(n??c)||s("loading")}</p>`}
      </div>
      <${Lo} about=${u} />
    </div>
  </div>`}function Eo({url:e}){if(!/^https?:/.test(e??"")||!URL.canParse(e))return null;let t=new URL(e).hostname.replace(/^www\./,"");return a`<a href=${e} target="_blank" rel="noopener noreferrer">${t}</a>`}var No=e=>/^(?:apt|pip|npm) install \S+( \S+)*$/.test(e)&&!e.includes(","),_o=({about:{missing:e,hint:t},again:n})=>a`<section class="notice warn" aria-label=${s("whatLacks")}>
    <span><${k} name="triangle-alert" /></span>
    <div>
      <b>${s("missing",{programs:e.join(", ")})}</b>
      <p>${t&&(No(t)?a`${s("addIt")} <code>${t}</code>. `:`${_(t)}. `)}${s("fillInNow")}</p>
    </div>
    <div class="notice-acts">
      <button class="btn" type="button" onClick=${n}><${k} name="refresh-cw" />${s("lookAgain")}</button>
      ${t&&a`<button class="btn icon" type="button" aria-label=${s("copyIt",{text:t})} title=${s("copyIt",{text:t})} onClick=${()=>Ve(t)}>
          <${k} name="copy" />
        </button>`}
    </div>
  </section>`;function Lo({about:e}){let t=gn(),n=t&&Object.values(t.servers).reduce((r,i)=>r+i,0),o=t&&[[s("memoryFree"),H(t.memoryTotal-t.memoryBytes)],[s("diskFree"),H(t.diskFree)],[s("servers"),O(n)]];return a`<aside class="side" aria-label=${s("whatHappens")}>
    <h2>${s("whatHappens")}</h2>
    <ol class="will">
      <li>${s("willMake")}</li>
      <li>${s("willInstall",{title:_(e?.title??"")})}</li>
      <li>${s("willWait")}</li>
    </ol>
    ${o&&a`<h2>${s("hostHas")}</h2>
        <dl class="have">
          ${o.map(([r,i])=>a`<div key=${r}>
              <dt>${r}</dt>
              <dd>${i}</dd>
            </div>`)}
        </dl>`}
  </aside>`}function jo(e){let t=new Map;for(let n of e.filter(({accept:o})=>!o)){let{group:o,type:r}=n,i=o?_(o):s(r==="port"?"section.network":"section.game");t.set(i,[...t.get(i)??[],n])}return[...t]}function Mo({type:e,properties:t}){let[n,o]=h(gt.get(e,To)),[r,i]=h(null),[l,c]=h(!1),u=W(null);te(u,r);let d=v=>{gt.set(e,v),o(v)},$=n.id??Co(n.description),p=l||!$||J.value!==null;async function m(v){if(v.preventDefault(),!p){c(!0),i(null);try{let C=Ze(t,{...Oo(t),...n.options});await S("server_create",{type:e,server:$,description:n.description,options:C}),gt.delete(e),await Qt().catch(()=>{}),ne(`/server/${$}/console`)}catch(C){i(C),R(A(C)),c(!1)}}}let f=v=>d({...n,options:v}),g={parent:"options",error:r,draft:n.options,setDraft:f,creating:!0},x=[{name:"server"},{name:"description"},...t],b=Je(r,"options",x);return a`<form class="form-card" ref=${u} onSubmit=${m} noValidate>
    <fieldset class="grp">
      <legend>${s("aboutIt")}</legend>
      <${z}
        id="own-description"
        label=${s("description")}
        value=${n.description}
        problem=${V(r,"","description")}
        hint=${s("descriptionHint")}
        change=${v=>d({...n,description:v})}
      />
      <${z}
        id="own-server"
        label=${s("id")}
        css="field"
        value=${$}
        problem=${V(r,"","server")}
        hint=${s("idHint")}
        change=${v=>d({...n,id:v})}
        autocapitalize="none"
        autocomplete="off"
        spellcheck=${!1}
      />
    </fieldset>
    ${jo(t).map(([v,C])=>a`<fieldset class="grp" key=${v}>
        <legend>${v}</legend>
        <${Qe} ...${g} properties=${C} />
      </fieldset>`)}
    ${t.filter(({accept:v})=>v).map(v=>a`<${Io} key=${v.name} ...${{property:v,...g}} />`)}
    <${j} text=${b&&A(r)} />
    <div class="form-foot">
      <span class="con-space"></span>
      <a class="btn quiet" href="#/new">${s("cancel")}</a>
      <button class=${l?"btn primary busy":"btn primary"} type="submit" aria-disabled=${p?"true":void 0}>
        ${s("create")}
      </button>
    </div>
  </form>`}function Io({property:e,error:t,draft:n,setDraft:o}){let{name:r,title:i,accept:l}=e,c=V(t,"options",r);return a`<div class=${c?"accept wrong":"accept"}>
    <label class="inline"
      ><input
        type="checkbox"
        checked=${!!n[r]}
        aria-invalid=${c?"true":void 0}
        aria-describedby=${c?`field-${r}-error`:void 0}
        onChange=${u=>o({...n,[r]:u.target.checked})}
      />${_(i||r)}</label
    >
    <a href=${l} target="_blank" rel="noopener noreferrer">${l}</a>
    <${q} id=${`field-${r}-error`} problem=${c} />
  </div>`}var Po=86400,Do=3,Gn=4;function zn(e){let t=[];return e.forEach((n,o)=>{n!==null&&(t.at(-1)?.[1]===o?t.at(-1)[1]++:t.push([o,o+1]))}),t}var Ro=2**20;function Kn(e,t){let n=t?1024**Math.floor(Math.log2(Math.max(e,1))/10):1,o=e/n/3,r=10**Math.floor(Math.log10(o)),i=[1,2,5,10].map(l=>l*r).find(l=>l>=o)*n;return Array.from({length:Math.floor(e/i)+1},(l,c)=>c*i)}var wt=e=>`${(100*e).toFixed(2)}%`;function Bo(e,t){let n=600/Math.max(e.length,1),o=l=>(l*n).toFixed(1),r=l=>(100-l/t*100).toFixed(1),i=zn(e).map(([l,c])=>{let u=e.slice(l,c).map(($,p)=>`${o(l+p+.5)},${r($)}`),d=[`${o(l)},${r(e[l])}`,...u,`${o(c)},${r(e[c-1])}`].join(" ");return{line:d,area:`${o(l)},100 ${d} ${o(c)},100`}});return{x:o,y:r,curves:i}}function Fo(e,t,n,o){let r=e.filter(c=>c!==null);if(!r.length)return[s("nowValue",{now:t}),s("noHistory")].join(" \xB7 ");let i=r.reduce((c,u)=>c+u,0)/r.length,l=s("mostOf",{most:n(r.reduce((c,u)=>Math.max(c,u),0))});return[s("nowValue",{now:t}),o&&s("meanOf",{mean:n(i)}),l].filter(Boolean).join(" \xB7 ")}function tt({name:e,samples:t,now:n,most:o=0,say:r,idle:i,limit:l=null,isBytes:c=!1,hasMean:u=!1}){let d=(t??[]).map(({value:y})=>y),$=d.reduce((y,w)=>Math.max(y,w??0),0),p=Math.max(o,$,l?.value??0,c?Ro:1e-9)*1.08,{x:m,y:f,curves:g}=Bo(d,p),x=g.length?zn(d.map(y=>y===null?0:null)):[],b=t?Fo(d,n,r,u):s("loading"),v=[s(e),b,l?.text,x.length>0&&i].filter(Boolean),C=x.toSorted(([y,w],[N,D])=>D-N-(w-y))[0];return a`<figure class="graph chart">
    <figcaption><b>${s(e)}</b><span class="facts-of">${b}</span></figcaption>
    <div class="plot">
      <div class="ys" aria-hidden="true">
        ${Kn(p,c).map(y=>a`<span key=${y} style=${{top:wt(1-y/p)}}>${r(y)}</span>`)}
      </div>
      <div class="area">
        <svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label=${v.join(" \xB7 ")}>
          ${Kn(p,c).map(y=>a`<line key=${y} class="grid" x1="0" x2="600" y1=${f(y)} y2=${f(y)} />`)}
          ${x.map(([y,w])=>a`<rect key=${y} class="gap" x=${m(y)} width=${(m(w)-m(y)).toFixed(1)} y="0" height="100" />`)}
          ${g.map(({line:y,area:w})=>a`<polygon points=${w} /><polyline points=${y} />`)}
          ${l&&a`<line class="limit" x1="0" x2="600" y1=${f(l.value)} y2=${f(l.value)} />`}
        </svg>
        ${l&&a`<span class="limit-label" aria-hidden="true" style=${{top:wt(1-l.value/p)}}>${l.text}</span>`}
        ${C&&a`<span class="gap-label" aria-hidden="true" style=${{left:wt((C[0]+C[1])/2/d.length)}}>
            ${i}
          </span>`}
      </div>
    </div>
    <${Wo} samples=${t} />
  </figure>`}function Wo({samples:e}){if(!e?.length)return a`<p class="xs" aria-hidden="true"></p>`;let[t,n]=[e[0].at,e.at(-1).at],o=n-t>Po?Yt:Zt,r=i=>t+(n-t)*i/Gn;return a`<p class="xs" aria-hidden="true">
    ${Array.from({length:Gn},(i,l)=>a`<span key=${l}>${o(r(l))}</span>`)}
    <span>${s("now")}</span>
  </p>`}function nt(e,t,n,o){if(!e)return null;let r=e.samples.map(i=>({at:i.at,value:i[t]}));if(typeof n!="number")return r;for(let i of r.slice(-Do).toReversed()){if(i.value!==null||i.at+e.interval<=o)break;i.value=n}return r}var Yn=[{name:"hour",seconds:3600,freshMs:6e4},{name:"sixHours",seconds:21600,freshMs:6e4},{name:"day",seconds:86400,freshMs:18e4},{name:"week",seconds:604800,freshMs:9e5},{name:"sixtyDays",seconds:5184e3,freshMs:9e5}],Vn=Yn[2],Zn=[{name:"cpu",field:"cpuPercent",most:10,say:He,hasMean:!0},{name:"memory",field:"memoryBytes",most:0,say:H,isBytes:!0}],Jn={name:"players",field:"players",most:1,say:O};function Ho(e,t,{seconds:n,freshMs:o}){let[r,i]=h(null);return B(()=>{i(null);let l=new AbortController;return ee(async()=>i(await S(e,{...t,seconds:n},l.signal)),o,l.signal),()=>l.abort()},[e,t.server,n]),r}function st({title:e,name:t,fields:n={},css:o="graphs",draw:r}){let[i,l]=h(Vn),c=Ho(t,n,i),u=d=>{Vn=d,l(d)};return a`<div class="tab-head">
      <h2>${e}</h2>
      <div class="seg" role="group" aria-label=${s("timeSpan")}>
        ${Yn.map(d=>a`<button
              key=${d.name}
              type="button"
              aria-pressed=${String(d===i)}
              onClick=${()=>u(d)}
            >
              ${s(d.name)}
            </button>`)}
      </div>
    </div>
    <div class=${o}>${r(c)}</div>`}function Qn(e,t,{name:n,field:o,say:r,...i}){let{usage:l,players:c,startedAt:u}=e,d={...l,players:c?.online}[o];return a`<${tt}
    key=${n}
    ...${{name:n,say:r,...i}}
    samples=${nt(t,o,d,u)}
    now=${typeof d=="number"?r(d):"\u2013"}
    idle=${s("didNotRun")}
    limit=${wn(e)[o]}
  />`}var Xn=({status:e})=>a`<${st}
    title=${s("history")}
    name="server_history"
    fields=${{server:e.server}}
    css="graphs one"
    draw=${t=>Qn(e,t,Jn)}
  />`;function es({status:e}){let t=n=>((n?n.samples.some(({players:r})=>r!==null):e.players)?[...Zn,Jn]:Zn).map(r=>Qn(e,n,r));return a`<${st}
    title=${s("history")}
    name="server_history"
    fields=${{server:e.server}}
    draw=${t}
  />`}var qo=({id:e,status:t})=>a`${t?a`<${es} status=${t} />`:a`<div class="graphs waiting"></div>`}<${bt} key=${e} server=${e} />`;var Uo=3e3,ts=8;function ns(){let[e,t]=h(null),[n,o]=h(null);return B(()=>{let r=new AbortController;return ee(async()=>{try{t(await S("host_status",{},r.signal)),await Xt(r.signal),o(null)}catch(l){throw l.code&&o(l),l}},Uo,r.signal),()=>r.abort()},[]),a`<div class="page-head">
      <h1>${s("host")}</h1>
      <div class="page-acts">
        <span class="muted">${location.hostname}${e&&` \xB7 ${s("upFor",{n:Ee(e.uptime)})}`}</span>
      </div>
    </div>
    <${j} text=${A(n)} />
    ${e?a`<${Go} status=${e} />`:a`<p class="muted">${s("loading")}</p>`}`}var ot=({name:e,value:t,about:n,share:o})=>a`<div class="tile">
    <span class="k">${s(e)}</span><b>${t}</b><span class="muted">${n}</span>
    ${o!==void 0&&a`<${pt} share=${o} />`}
  </div>`;function Go({status:e}){let{cores:t,load:n,daemon:o,memoryBytes:r,memoryTotal:i,diskFree:l,diskTotal:c}=e,u=p=>He(p/t),d=e.cpuPercent,$=Ee(we()-o.startedAt);return a`<section class="tiles" aria-label=${s("rightNow")}>
      <${ot}
        name="cpu"
        value=${d===null?"\u2013":u(d)}
        about=${s("coresAndLoad",{n:O(t),load:n.map(O).join(" \xB7 ")})}
        share=${(d??0)/t/100}
      />
      <${ot} name="memory" value=${H(r)} about=${s("ofLimit",{limit:H(i)})} share=${r/i} />
      <${ot}
        name="disk"
        value=${s("nFree",{n:H(l)})}
        about=${s("ofLimit",{limit:H(c)})}
        share=${1-l/c}
      />
      <${ot} name="daemon" value=${H(o.memoryBytes)} about=${`gamepanel ${o.version} \xB7 ${s("upFor",{n:$})}`} />
    </section>
    <${st} title=${s("overTime")} name="host_history" draw=${p=>Ko(e,p,u)} />
    <div class="host-cols">
      <${zo} disk=${e.disk??[]} />
      <${Zo} />
      <${Qo} status=${e} />
    </div>
    ${K.value.features.includes("backups")&&a`<${Sn} script=${xn} part="LostBackups" />`}`}function Ko(e,t,n){return[{name:"cpu",field:"cpuPercent",most:100*e.cores,say:n,hasMean:!0},{name:"memory",field:"memoryBytes",say:H,isBytes:!0,limit:{value:e.memoryTotal,text:s("allThereIs")}},{name:"diskFree",field:"diskFree",say:H,isBytes:!0}].map(({field:r,say:i,...l})=>{let c=e[r];return a`<${tt}
      key=${l.name}
      ...${{say:i,...l}}
      samples=${nt(t,r,c,e.daemon.startedAt)}
      now=${c===null?"\u2013":i(c)}
      idle=${s("daemonAway")}
    />`})}function zo({disk:e}){let[t,n]=h(!1),o=t?e:e.slice(0,ts);return a`<section class="panel" aria-label=${s("diskPerServer")}>
    <div class="tab-head">
      <h2>${s("diskPerServer")}</h2>
    </div>
    <p class="muted">${s(e.length?"diskMeasured":"noDiskLimits")}</p>
    ${e.length>0&&a`<table class="plain bars">
        <thead class="sr">
          <tr>
            ${["server","partOfLimit","size"].map(r=>a`<th scope="col" key=${r}>${s(r)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${o.map(({server:r,bytes:i,limit:l})=>a`<tr key=${r}>
              <th scope="row">
                <${ze} icon=${Le.value?.get(r)?.icon} /><a href=${`#/server/${r}/settings`}>${r}</a>
              </th>
              <td class="bar"><${pt} share=${i/l} /><span class="sr">${s("ofLimit",{limit:H(l)})}</span></td>
              <td class="num" title=${s("ofLimit",{limit:H(l)})}>${H(i)}</td>
            </tr>`)}
        </tbody>
      </table>`}
    ${e.length>o.length&&a`<p class="more">
        <button type="button" class="link" onClick=${()=>n(!0)}>${s("allServersN",{n:O(e.length)})}</button>
      </p>`}
  </section>`}function Vo({server:e,status:t,ports:n=[],runPorts:o}){let r=o??[],i=n.filter(l=>!r.some(({name:c,port:u})=>c===l.name&&u===l.port));return[...r.map(l=>({...l,server:e,status:t,isOpen:!0})),...i.map(l=>({...l,server:e,status:t,isOpen:!r.length&&fe(t)}))]}function Zo(){let[e,t]=h(""),[n,o]=h(!1),r=[...Le.value?.values()??[]].flatMap(Vo).sort((c,u)=>c.port-u.port),i=r.filter(({port:c,server:u})=>`${c} ${u}`.includes(e.toLowerCase())),l=n?i:i.slice(0,ts);return a`<section class="panel" aria-label=${s("ports")}>
    <div class="tab-head">
      <h2>${s("ports")}</h2>
      <${Z} label=${s("portOrServer")} placeholder=${s("portOrServer")} value=${e} change=${t} />
    </div>
    ${!r.length&&a`<p class="muted">${s("noPorts")}</p>`}
    ${r.length>0&&a`<table class="plain">
        <thead>
          <tr>
            ${["port","protocol","server","rightNow"].map(c=>a`<th scope="col" key=${c} class=${c==="port"?"num":""}>${s(c)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${l.map(c=>a`<tr key=${`${c.port} ${c.server} ${c.name}`}>
              <th scope="row" class="num">${c.port}</th>
              <td>${s(`protocol.${c.protocol}`)}</td>
              <td><a href=${`#/server/${c.server}/console`}>${c.server}</a></td>
              <td>
                <span class=${c.isOpen?"on":"on muted"}
                  ><${ce} state=${c.isOpen?"running":Me(c.status)?"stopped":"unknown"} />${s(c.isOpen?"portOpen":Me(c.status)?"atRest":`state.${c.status}`)}</span
                >
              </td>
            </tr>`)}
        </tbody>
      </table>`}
    ${i.length>l.length&&a`<p class="more">
        <button type="button" class="link" onClick=${()=>o(!0)}>${s("allPorts",{n:O(i.length)})}</button>
      </p>`}
  </section>`}var Yo=({isGood:e,text:t})=>a`<span class=${e?"mk good":"mk warn"}><${k} name=${e?"circle-check":"triangle-alert"} />${t}</span>`;function Jo(e){let t=r=>e.includes(r),n=["memory","cpu","process"].filter(r=>t(`${r}-limit`)),o=t("uid-per-server")?s("ownUsers"):"";return[["isolationOf",t("isolation"),[t("isolation")?s("isOn"):s("cantHere"),o].filter(Boolean).join(", ")],["limitsOf",n.length>0,n.map(r=>s(`limit.${r}`)).join(", ")||s("cantHere")],["diskLimitOf",!1,s(t("disk-limit")?"watchedOnly":"cantHere")],["killOf",t("containment"),s(t("containment")?"endsAll":"mayEscape")]]}function Qo({status:e}){let[t]=I(l=>S("server_create_options",{},l),[]),{daemon:n}=e,o=Object.entries(e.servers).map(([l,c])=>`${O(c)} ${s(`state.${l}`)}`),r=t?.types.filter(({missing:l})=>!l.length).length,i=[["gamepanel",`${n.version}, ${s("processN",{n:n.pid})}`],[s("servers"),o.length?o.join(" \xB7 "):s("none")],t&&[s("games"),s("gamesReady",{n:O(t.types.length),ready:O(r)})],...Jo(K.value.features??[]).map(([l,c,u])=>[s(l),a`<${Yo} ...${{isGood:c,text:u}} />`])].filter(Boolean);return a`<section class="panel" aria-label=${s("versions")}>
    <h2>${s("versions")}</h2>
    <dl class="kv">
      ${i.map(([l,c])=>a`<div key=${l}>
          <dt>${l}</dt>
          <dd>${c}</dd>
        </div>`)}
    </dl>
  </section>`}var Xo=5e3,ss=100,er=2;function tr(e){let[t,n]=h(null),[o,r]=h(null),[i,l]=h(0);return B(()=>{let c=new AbortController;return ee(async()=>{try{n(await S("player_list",{server:e},c.signal)),r(null)}catch(d){throw d.code&&r(d),d}},Xo,c.signal),()=>c.abort()},[e,i]),[t,o,()=>l(c=>c+1)]}var os={on:({online:e})=>e,seen:()=>!0};function rs({id:e,status:t}){let[n,o,r]=tr(e),i=le(),[l,c]=h(""),[u,d]=h(null),[$,p]=h(ss),[m,f]=h(null),g=n?.players??[],x=g.filter(os.on),b=u??(x.length||!g.length?"on":"seen"),v=g.filter(w=>os[b](w)&&ct(w.name,t?.type).toLowerCase().includes(l.toLowerCase())),C=[["on",a`<span class="n">${O(x.length)}</span> ${s("onNow")}`],["seen",a`<span class="n">${O(g.length)}</span> ${s("seenAll")}`]],y=i&&P(e,"command")&&fe(t?.status)?n?.actions??[]:[];return a`${t?a`<${Xn} status=${t} />`:a`<div class="graphs one waiting"></div>`}
    <div class="tab-head">
      <h2>${s("players")}</h2>
      <${ue} label=${s("showOnly")} value=${b} all=${C} change=${w=>d(w||b)} />
      <${Z} label=${s("searchName")} placeholder=${s("searchName")} value=${l} change=${c} />
    </div>
    <${j} text=${A(o)} />
    ${!n&&!o&&a`<p class="muted">${s("loading")}</p>`}
    ${n&&!v.length&&a`<${nr} ...${{status:t,all:g,wanted:l}} />`}
    ${v.length>0&&a`<div class="table-wrap">
        <table class="plain players">
          <caption class="sr">${s("players")}</caption>
          <thead>
            <tr>
              <th scope="col">${s("name")}</th>
              <th scope="col">${s("rightNow")}</th>
              <th scope="col" class="num">${s("onFor")}</th>
              <th scope="col" class="num hide-s">${s("lastSeen")}</th>
              <th scope="col"><span class="sr">${s("actions")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${v.slice(0,$).map(w=>a`<${sr} key=${w.name} ...${{player:w,actions:y,ask:f,type:t?.type}} />`)}
          </tbody>
        </table>
      </div>`}
    ${v.length>$&&a`<p class="more"><button class="btn" onClick=${()=>p($+ss)}>${s("showMore")}</button></p>`}
    ${m&&a`<${or} ...${{id:e,...m,again:r}} close=${()=>f(null)} />`}`}function nr({status:e,all:t,wanted:n}){if(n)return a`<p class="more">${s("noEntries")}</p>`;let o=e&&fe(e.status)&&e.players===null&&!t.length;return a`<${re}
    icon="users"
    title=${s(o?"playersUnknown":"nobodyOn")}
    text=${s(o?"playersUnknownWhy":"nobodyOnWhy")}
  />`}function sr({player:e,actions:t,ask:n,type:o}){let{online:r,since:i,lastSeen:l}=e,c=ct(e.name,o),u=we(),d=p=>({icon:"user",text:`${_(p.title)} \u2026`,act:()=>n({action:p,player:e.name,name:c})}),$=[{icon:"copy",text:s("copyName"),act:()=>Ve(c)},...t.length?["-"]:[],...t.map(d)];return a`<tr>
    <th scope="row">
      <span class="ava" aria-hidden="true">${[...c][0]?.toUpperCase()}</span><bdi class="player-name" title=${c}>${c}</bdi>
    </th>
    <td>
      <span class=${r?"on":"on muted"}
        ><${ce} state=${r?"running":"stopped"} />${s(r?"isOnline":"isAway")}</span
      >
    </td>
    <td class="num" title=${r&&i?oe(i):void 0}>${r&&i?qe(u-i):a`<span class="none" role="img" aria-label=${s("none")}>–</span>`}</td>
    <td class="num hide-s" title=${oe(l)}>${r?s("now"):Jt(l,u)}</td>
    <td class="acts">
      <span class="hide-s"
        >${t.slice(0,er).map(p=>a`<button
              key=${p.name}
              class="btn small"
              type="button"
              aria-label=${s("actionOf",{action:_(p.title),name:c})}
              onClick=${()=>n({action:p,player:e.name,name:c})}
            >
              ${_(p.title)} …
            </button>`)}</span
      ><${Se} label=${s("moreFor",{id:c})} items=${$} />
    </td>
  </tr>`}function or({id:e,action:t,player:n,name:o,again:r,close:i}){let[l,c]=h(null),[u,d]=h(!1),$=_(t.title);async function p(){if(!(u||J.value!==null)){d(!0);try{await S("player_action",{server:e,action:t.name,player:n}),R(s("actionDone",{action:$,name:o})),r(),i()}catch(f){c(f),d(!1)}}}let m=l?.problems?.[0]?xe(l.problems[0],"player"):A(l);return a`<${de} title=${s("actionAsk",{action:$,name:o})} close=${i}>
    <p>${s("actionAbout")}</p>
    <${j} text=${m} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${i}>${s("cancel")}</button>
      <button type="button" class=${u?"btn primary busy":"btn primary"} onClick=${p}>${$}</button>
    </div>
  <//>`}var as=["sun","mon","tue","wed","thu","fri","sat"],Y=[1,2,3,4,5,6,0],rr=6,yt=["emptied","crashed","given_up","hung","stopped","ready"],kt=["line","chat","player_joined","player_left"],vt=[["h",3600],["min",60],["s",1]];function he(e){let[,t,n]=/^(\d+) ?(h|min|s)$/i.exec(e.trim())??[];return n?t*vt.find(([o])=>o===n.toLowerCase())[1]:e.trim()}function me(e){let[t,n]=vt.find(([,o])=>e&&e%o===0)??vt[2];return`${e/n} ${t}`}var ar=e=>/^[0-7]$/.test(e)?Number(e):as.includes(e)?as.indexOf(e):NaN;function ir(e){let t=new Set(e==="*"?Y:[]);for(let n of e==="*"?[]:e.toLowerCase().split(",")){let[o,r=o,...i]=n.split("-").map(ar);if(i.length||!(o<=r))return null;for(let l=o;l<=r;l++)t.add(l%7)}return Y.filter(n=>t.has(n))}var lr=/^(\d+(?:,\d+)*) (\d+(?:,\d+)*) \* \* (\S+)$/,is=e=>String(e).padStart(2,"0"),xt=e=>[...new Set(e)].toSorted();function Ie({cron:e="",timezone:t="",within:n=0,event:o,after:r=0,pattern:i=""}){let l={kind:o?"event":"cron",days:Y,times:["04:00"],cron:e,timezone:t,within:me(n)};Object.assign(l,{event:o??"emptied",after:me(r),pattern:i});let[,c,u,d]=lr.exec(e.trim().replace(/\s+/g," "))??[],$=d&&ir(d),p=$?u.split(",").flatMap(m=>c.split(",").map(f=>`${is(+m)}:${is(+f)}`)):[];return!p.length||p.length>rr?l:{...l,kind:"time",days:$,times:xt(p)}}var ls=e=>[0,1].map(t=>xt(e.map(n=>Number(n.split(":")[t]))).toSorted((n,o)=>n-o));function Pe({kind:e,days:t,times:n}){if(e!=="time")return"";if(!t.length)return"noDays";if(!n.every(Boolean))return"noTime";let[o,r]=ls(n);return o.length*r.length===xt(n).length?"":"unevenTimes"}function cr({days:e,times:t}){let[n,o]=ls(t),r=e.length===Y.length;return`${o} ${n} * * ${r?"*":Y.filter(i=>e.includes(i))}`}function De(e){let{kind:t,cron:n,timezone:o,event:r,pattern:i}=e,[l,c]=[he(e.within),he(e.after)];if(t!=="event")return{cron:t==="cron"?n.trim():cr(e),...o&&{timezone:o},...l&&{within:l}};let u=kt.includes(r)&&(i||r==="line");return{event:r,...yt.includes(r)&&c&&{after:c},...u&&{pattern:i}}}function cs(e){let t=e.replace(/\\.|\[[^\]]*\]/g,"_").replace(/^\(\?\w+\)/,"");for(;t!==(t=t.replace(/\([^()]*\)/,"_")););return t.split("|").some(n=>!n.startsWith("^"))}var Ce=()=>Intl.DateTimeFormat().resolvedOptions().timeZone,ur="1,2,3,4,5";function dr(e){let{kind:t,cron:n,days:o,times:r}=Ie(e);if(t==="time"&&o.length===Y.length)return s("dailyAt",{times:Ne(r)});let i=String(o)===ur?`${ve(1)}\u2013${ve(5)}`:Ne(o.map(ve));if(t==="time")return s("daysAt",{days:i,times:Ne(r)});let[,l]=/^\*\/(\d+)( \*){4}$/.exec(n)??[];return l?s("everyMinutes",{n:l}):s("cronText",{cron:n})}var $s=e=>e?` ${s("quoted",{text:e})}`:"",St=e=>ie(`when.${e}`)?s(`when.${e}`):e;function $r(e){let{event:t,after:n,pattern:o,timezone:r}=e;return t?[St(t)+$s(o),n&&s("afterSpan",{n:me(n)})].filter(Boolean).join(", "):dr(e)+(r&&r!==Ce()?` (${r})`:"")}var ps=e=>[e].flat().filter(t=>t!=="always");function rt({when:e,only:t}){let n=ps(t).map(o=>s(`only.${o}`));return[$r(e),n.length&&s("onlyIf",{words:Ne(n)})].filter(Boolean).join(", ")}var Ot=["countdown","command","power","backup","update","wait"],at=e=>Ot.find(t=>t in e),us={countdown:"command",command:"command",power:"power",backup:"backup",update:"settings"},Ct=(e,t)=>!us[t]||P(e,us[t]),Tt=(e,t)=>P(e,"settings")&&t.every(n=>Ct(e,at(n)));function Re(e){let t=at(e);return t==="countdown"?s("step.countdown",{n:me(e.countdown[0])}):t==="wait"?s("step.wait",{n:me(e.wait)}):t==="power"?s(`step.${e.power}`):t==="command"||t==="backup"?s(`step.${t}`)+$s(e[t]):s(`step.${t}`)}var ms={command:"",power:"restart",backup:"",update:!0,wait:"10 min",countdown:"10 min, 5 min, 1 min, 10 s",always:!1},fs=e=>({...ms,kind:e,...e==="countdown"&&{command:"say Restart in {time}"}});function pr(e){let t=at(e);return{...ms,...e,kind:t,...{wait:()=>({wait:me(e.wait)}),countdown:()=>({countdown:e.countdown.map(me).join(", ")})}[t]?.()}}var mr={wait:({wait:e})=>({wait:he(e)}),countdown:({countdown:e,command:t})=>({countdown:e.split(",").map(he),command:t})},fr=e=>({...mr[e.kind]?.(e)??{[e.kind]:e[e.kind]},...e.always&&{always:!0}}),At=({name:e,when:t,only:n,steps:o,enabled:r})=>({name:e,when:Ie({timezone:t.event&&Ce(),...t}),only:ps(n),steps:o.map(pr),enabled:r});function Et({name:e,when:t,only:n,steps:o,enabled:r},i){let l={name:e.trim(),when:De(t),only:n.length>1?n:n[0]??"always",steps:o.map(fr),enabled:r};return Object.fromEntries(i.map(c=>[c,l[c]]))}var ds={power:"start",always:!0},hs={restart:[{cron:"0 4 * * *"},"running",[{countdown:[600,300,60,10],command:"say Restart in {time}"},{power:"restart"}]],backup:[{cron:"0 5 * * *",within:21600},"used",[{backup:"daily"}]],emptied:[{event:"emptied",after:300},"used",[{backup:"emptied"}]],update:[{cron:"*/30 * * * *"},["outdated","empty"],[{power:"stop"},{update:!0},ds]],still:[{cron:"0 5 * * *"},["running","used"],[{power:"stop"},{backup:"daily"},ds]]};function Nt(e,{console:t}){let[n,o,r]=hs[e]??[{cron:"0 4 * * *"},"always",[]],i=r.filter(({command:l})=>l===void 0||t!=="none");return{name:e?s(`template.${e}`):"",when:n.cron?{...n,timezone:Ce()}:n,only:o,steps:i,enabled:!0}}function bs(e){let t={backup:K.value.features.includes("backups"),update:!!e.installed},n=o=>t[at(o)]!==!1;return Object.keys(hs).filter(o=>{let{steps:r}=Nt(o,e);return r.every(n)&&Tt(e.server,r)})}var gs={countdown:"hourglass",command:"terminal",power:"rotate-cw",backup:"archive",update:"download",wait:"clock"},hr=["restart","stop","start","kill"],br={countdown:{countdown:"countdownAt",command:"countdownSays"},command:{command:"command"},backup:{backup:"note"},wait:{wait:"howLong"}};function ws({id:e,status:t,draft:{steps:n},edit:o,wrong:r}){let i=W(null),l=W(null);ge(()=>{l.current&&(i.current.querySelector(l.current)??i.current).focus(),l.current=null},[n]);let c=(m,f)=>{l.current=f,o({steps:m})},u=(m,f)=>c(n.with(m,n[m+f]).with(m+f,n[m]),`[data-step="${m+f}"][data-by="${f}"]`),d=m=>c(n.toSpliced(m,1),`[data-step="${Math.min(m,n.length-2)}"][data-by="0"]`),$={backup:K.value.features.includes("backups"),command:t.console!=="none",countdown:t.console!=="none"},p=Ot.filter(m=>$[m]!==!1&&Ct(e,m)).map(m=>({icon:gs[m],text:s(`addStep.${m}`),act:()=>o({steps:[...n,fs(m)]})}));return a`<fieldset>
    <legend>${s("then")}</legend>
    <ol class="steps" ref=${i} tabindex="-1">
      ${n.map((m,f)=>a`<${gr} key=${f} ...${{step:m,n:f,wrong:r,move:u,remove:d}} isLast=${f===n.length-1} change=${g=>o({steps:n.with(f,{...m,...g})})} />`)}
    </ol>
    <${q} problem=${r("/steps",Object.keys(n))} />
    <${Se} label=${s("addStep")} css="btn" side="left" items=${p}><${k} name="plus" />${s("addStep")}<//>
  </fieldset>`}function gr({step:e,n:t,isLast:n,change:o,move:r,remove:i,wrong:l}){let c=br[e.kind]??{},u=$=>`step-${t}-${$}`,d=($,p,m,f,g)=>a`<button class="btn icon" type="button" data-step=${t} data-by=${m} aria-label=${s($,{n:t+1})} title=${s($,{n:t+1})} aria-disabled=${f?"true":void 0} onClick=${()=>f||g()}><${k} name=${p} /></button>`;return a`<li>
    <span class="step-n">${t+1}</span><${k} name=${gs[e.kind]} />
    <b>${s(`addStep.${e.kind}`)}</b>
    <div class="step-b">
      ${e.kind==="power"&&a`<${X} label=${s("power")} value=${e.power} choices=${hr.map($=>[$,s($)])} change=${$=>o({power:$})} />`}
      ${Object.entries(c).map(([$,p])=>a`<${z} key=${$} id=${u($)} label=${s(p)} value=${e[$]} problem=${l(`/steps/${t}/${$}`)} hint=${vr(e,$)} change=${m=>o({[$]:m})} class=${$==="command"?"in mono":"in"} autocomplete="off" autocapitalize="none" spellcheck=${!1} />`)}
      <${q} problem=${l(`/steps/${t}`,Object.keys(c))} />
      <${G} id=${u("always")} label=${s("alwaysStep")} checked=${e.always} change=${$=>o({always:$})} />
    </div>
    <span class="step-a">
      ${d("stepUp","chevron-up",-1,t===0,()=>r(t,-1))} ${d("stepDown","chevron-down",1,n,()=>r(t,1))}
      ${d("stepAway","x",0,!1,()=>i(t))}
    </span>
  </li>`}function wr(e){let[t,n]=e%60?[e,"second"]:[e/60,"minute"];return`${t} ${n}${t===1?"":"s"}`}function vr({kind:e,countdown:t,command:n},o){if(o==="wait")return s("spanHint");if(o==="countdown")return s("countdownHint");if(e!=="countdown"||o!=="command")return"";let r=he(t.split(",")[0]);return s("gameReads",{line:n.replaceAll("{time}",wr(r)).replaceAll("{seconds}",r)})}var yr=4,kr=300,xr={everyDay:Y,onWeekdays:[1,2,3,4,5],onWeekend:[6,0]},Sr=["running","stopped","empty","outdated","used"],_t=["emptied","line","player_joined","player_left","chat","ready","stopped","crashed","given_up","hung","out_of_memory","update_available","job_done","job_failed"];function vs(e,t){let n=e.kind==="event"||Pe(e)?null:De(e);return I(async r=>{if(!n)return null;await Gt(kr,r);try{return await S("schedule_preview",{when:n,count:yr},r)}catch(i){if(i.code!=="bad_request")throw i;return{error:i}}},[JSON.stringify(n),t])[0]}var Lt=({isOn:e,text:t,turn:n})=>a`<button type="button" aria-pressed=${String(e)} onClick=${n}>${t}</button>`,ys=(e,t)=>e.includes(t)?e.filter(n=>n!==t):[...e,t];function ks({draft:{when:e,only:t},edit:n,wrong:o,flaw:r,preview:i,problem:l}){let c=p=>n({when:{...e,...p}}),u=(p,m,f)=>a`<${z} id=${`when-${p}`} label=${s(m)} value=${e[p]} problem=${o(`/when/${p}`)} change=${g=>c({[p]:g})} autocomplete="off" spellcheck=${!1} ...${f} />`,d=p=>{let{days:m,times:f}=Ie({cron:e.cron});p==="cron"&&e.kind!=="cron"&&!Pe({...e,kind:"time"})?c({kind:p,cron:De({...e,kind:"time"}).cron}):c(e.kind==="cron"?{kind:p,days:m,times:f}:{kind:p})},$={time:Or,event:Cr,cron:()=>u("cron","cronFields",{hint:s("cronHint"),class:"in mono"})};return a`<fieldset>
    <legend>${s("when")}</legend>
    <div class="seg" role="group" aria-label=${s("when")}>
      ${Object.keys($).map(p=>a`<${Lt} key=${p} isOn=${e.kind===p} text=${s(`whenKind.${p}`)} turn=${()=>e.kind!==p&&d(p)} />`)}
    </div>
    ${$[e.kind]({when:e,set:c,field:u,wrong:o,flaw:r})}
    ${e.kind!=="event"&&a`<${Tr} ...${{when:e,set:c,wrong:o}} />`}
    <div class="when">
      <span>${s("onlyIfIs")}</span>
      <div class="days" role="group" aria-label=${s("onlyIfIs")}>
        ${Sr.map(p=>a`<${Lt} key=${p} isOn=${t.includes(p)} text=${s(`onlyWord.${p}`)} turn=${()=>n({only:ys(t,p)})} />`)}
      </div>
    </div>
    <${q} problem=${l??o("/only")} />
    ${e.kind!=="event"&&a`${u("within","within",{hint:s("withinHint"),class:"in span"})}<${Ar} preview=${i} />`}
  </fieldset>`}function Or({when:{days:e,times:t},set:n,flaw:o,wrong:r}){let i=o?s(o):r("/when/cron"),l=(c,u)=>n({times:t.map((d,$)=>$===c?u:d)});return a`<div class="when">
      <span>${s("onDays")}</span>
      <div class="days" role="group" aria-label=${s("daysOfWeek")}>
        ${Y.map(c=>a`<${Lt} key=${c} isOn=${e.includes(c)} text=${ve(c)} turn=${()=>n({days:Y.filter(u=>ys(e,c).includes(u))})} />`)}
      </div>
      <span class="pre">${Object.entries(xr).map(([c,u])=>a`<button key=${c} class="link" type="button" onClick=${()=>n({days:Y.filter(d=>u.includes(d))})}>${s(c)}</button>`)}</span>
    </div>
    <div class=${i?"when field wrong":"when"}>
      <span>${s("atTimes")}</span>
      ${t.map((c,u)=>a`<span class="tm" key=${u}>
          <input class="in" type="time" aria-label=${s("timeN",{n:u+1})} aria-invalid=${i?"true":void 0} aria-describedby=${i?"when-times-error":void 0} value=${c} onInput=${d=>l(u,d.target.value)} />
          ${t.length>1&&a`<button class="btn icon" type="button" aria-label=${s("removeTime",{n:u+1})} title=${s("removeTime",{n:u+1})} onClick=${()=>n({times:t.filter((d,$)=>$!==u)})}><${k} name="x" /></button>`}
        </span>`)}
      <button class="btn small quiet" type="button" onClick=${()=>n({times:[...t,"16:00"]})}><${k} name="plus" />${s("anotherTime")}</button>
    </div>
    <${q} id="when-times-error" problem=${i} />`}function Cr({when:e,set:t,field:n,wrong:o}){let{event:r,pattern:i}=e,l=_t.includes(r)?_t:[r,..._t],c=r==="line"&&i&&cs(i);return a`<div class="when"><${X} label=${s("whenKind.event")} value=${r} choices=${l.map(u=>[u,St(u)])} change=${u=>t({event:u})} /></div>
    <${q} problem=${o("/when/event")} />
    ${kt.includes(r)&&n("pattern","pattern",{hint:s(r==="line"?"patternHint":"patternOther"),class:"in mono"})}
    ${c&&a`<p class="mk warn"><${k} name="triangle-alert" />${s("forgeable")}</p>`}
    ${yt.includes(r)&&n("after","afterLabel",{hint:s("afterHint"),class:"in span"})}`}function Tr({when:e,set:t,wrong:n}){let o=[...new Set([e.timezone,Ce(),"UTC",...Intl.supportedValuesOf("timeZone")])].filter(Boolean);return a`<div class="when">
      <span>${s("inZone")}</span>
      <${X} label=${s("timeZone")} value=${e.timezone} choices=${[["",s("daemonZone")],...o.map(r=>[r,r])]} change=${r=>t({timezone:r})} />
    </div>
    <${q} problem=${n("/when/timezone")} />`}var Ar=({preview:e})=>a`<div class="preview">
    <b>${s("comesNext")}</b>
    <ol>${(e?.times??[]).map(t=>a`<li key=${t}>${ye(t)}</li>`)}</ol>
    <p class="hint">${s("yourZone",{zone:Ce()})}</p>
  </div>`;var jt=5,Er=100,Nr={ok:["good","circle-check"],failed:["bad","circle-alert"],skipped:["","arrow-down"],cancelled:["","x"]};function Mt({at:e,result:t,detail:n,cause:o}){let[r,i]=Nr[t]??["","info"],l=[s(`ran.${t}`),_(n,o)].filter(Boolean).join(": ");return a`<span class=${`mk ${r}`} title=${oe(e)}><${k} name=${i} /><span>${ye(e)} · ${l}</span></span>`}var It=({run:e,steps:t})=>a`<span class="mk warn"
    ><${ce} state="starting" /><span>${s("atStep",{n:O(e.step+1),of:O(t.length),what:t[e.step]?Re(t[e.step]):""})}</span></span
  >`,xs=(e,t)=>JSON.stringify(e)===JSON.stringify(t),_r=(e,t)=>Object.keys(e).filter(n=>!xs(e[n],t[n]));function Lr(e){let[t,n]=h(null),o=At(e),r={...o,...t?.values},i=_r(r,o);B(()=>{t&&!i.length&&n(null)});let l=i.some(u=>u in(t?.bases??{})&&!xs(t.bases[u],o[u]));return[r,i,l,u=>n({values:{...t?.values,...u},bases:{...o,...t?.bases}}),()=>n(null)]}function Ss({id:e,status:t,schedule:n,look:o}){let r=n.schedule,[i,l,c,u,d]=Lr(n),[$,p]=h(null),[m,f]=h(!1),[g,x]=h(!1),b=W(null),v=vs(i.when,n.nextAt);te(b,$);let C=Tt(e,n.steps),y=[...$?.problems??[],...v?.error?.problems??[]],w=(F,be=[])=>{let Ht=(Ae,Be)=>Ae.pointer===Be||Ae.pointer.startsWith(`${Be}/`),qt=y.find(Ae=>Ht(Ae,F)&&!be.some(Be=>Ht(Ae,`${F}/${Be}`)));return qt&&xe(qt)},N=F=>{p(null),u(F)};async function D(F){if(!(m||J.value!==null)){f(!0);try{await F(),p(null)}catch(be){p(be),R(A(be))}x(!1),o(),f(!1)}}let E=Pe(i.when),L=E?s(E):r&&!l.length?s("nothingChanged"):"",T=F=>{F.preventDefault(),!L&&D(async()=>{if(!r)return ne(`/server/${e}/schedules/${(await S("schedule_create",{server:e,...Et(i,Object.keys(i))})).schedule}`);let be=await S("schedule_update",{schedule:r,...Et(i,l)});return u(At(be)),R(s("saved"))})},M=()=>D(async()=>{await S("schedule_delete",{schedule:r}),ne(`/server/${e}/schedules`)}),U={when:["cron","timezone","within","event","after","pattern"]},Wt=$&&!["name","when","only","steps"].some(F=>w(`/${F}`)),Te={draft:i,wrong:w,edit:N};return a`<form class="form-card sch-form" ref=${b} onSubmit=${T} noValidate aria-labelledby="schedule-title">
    <div class="tab-head">
      <h2 id="schedule-title">${r?n.name:s("newSchedule")}</h2>
      ${r&&P(e,"settings")&&a`<${jr} ...${{schedule:n,act:D,isMine:C,isChanged:l.length>0}} />`}
    </div>
    ${r&&n.run&&a`<${It} ...${n} />`}
    ${C?a`<${z} id="schedule-name" label=${s("name")} value=${i.name} problem=${w("/name")} change=${F=>N({name:F})} autocomplete="off" />
            <${ks} ...${Te} flaw=${E} preview=${v} problem=${w("/when",U.when)} />
            <${ws} ...${Te} id=${e} status=${t} />`:a`<${Mr} schedule=${n} isMissing=${P(e,"settings")} />`}
    <${j} text=${Wt&&A($)} />
    ${c&&a`<p class="was contested"><b>${s("othersSetSchedule")}</b></p>`}
    ${P(e,"settings")&&a`<div class="form-foot">
        ${C&&a`<${G} id="schedule-on" label=${s("scheduleOn")} checked=${i.enabled} change=${F=>N({enabled:F})} />`}
        <span class="con-space"></span>
        ${r&&a`<button class="btn quiet danger" type="button" onClick=${()=>x(!0)}>${s("delete")} …</button>`}
        ${r&&l.length>0&&a`<button class="btn quiet" type="button" onClick=${()=>d(p(null))}>${s("discard")}</button>`}
        ${C&&a`<button class=${`btn primary ${m?"busy":""}`} type="submit" aria-disabled=${L?"true":void 0} title=${L||void 0}>${s(r?"save":"create")}</button>`}
      </div>`}
    ${r&&a`<${Ir} schedule=${n} />`}
    ${g&&a`<${de} title=${s("deleteTitle",{name:n.name})} close=${()=>x(!1)}>
        <p>${s("deleteSchedule")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${()=>x(!1)}>${s("cancel")}</button>
          <button class="btn danger-fill" type="button" onClick=${M}>${s("deleteNow")}</button>
        </div>
      <//>`}
  </form>`}function jr({schedule:{schedule:e,run:t},act:n,isMine:o,isChanged:r}){let i=o?r?s("saveFirst"):"":s("code.forbidden"),l=c=>n(()=>S(c,{schedule:e}));return t?a`<button class="btn" type="button" onClick=${()=>l("schedule_cancel")}><${k} name="x" />${s("cancelRun")}</button>`:a`<button class="btn" type="button" aria-disabled=${i?"true":void 0} title=${i||void 0} onClick=${()=>i||l("schedule_run")}>
    <${k} name="play" />${s("runNow")}
  </button>`}var Mr=({schedule:e,isMissing:t})=>a`<p>${rt(e)}</p>
    <ol class="told">
      ${e.steps.map((n,o)=>a`<li key=${o}>${Re(n)}${n.always?`, ${s("alwaysToo")}`:""}</li>`)}
    </ol>
    ${t&&a`<p class="hint">${s("lacksStep")}</p>`}`;function Ir({schedule:{schedule:e,run:t,last:n,by:o}}){let[r,i]=h(jt),[l]=I(u=>S("schedule_runs",{schedule:e,limit:r},u),[e,r,n?.at,t?.startedAt]),c=l?.runs??[];return a`<section class="runs">
    <h3>${s("lastRuns")}</h3>
    <p class="hint">${s("runsAs",{who:o})} ${l&&!c.length?s("noRuns"):""}</p>
    <ol>
      ${c.map(({run:u,startedAt:d,endedAt:$,result:p,trigger:m,...f})=>a`<li key=${u}>
          <${Mt} at=${d} result=${p??"now"} ...${f} />
          <span class="muted">${s(`trigger.${m}`)}${$!==null&&p!=="skipped"?` \xB7 ${Ee($-d)}`:""}</span>
        </li>`)}
    </ol>
    ${c.length===jt&&r===jt&&a`<button class="btn small" type="button" onClick=${()=>i(Er)}>${s("showMore")}</button>`}
  </section>`}var Pr=2e3;function Dr({nextAt:e,when:t}){return e===null?t.event?s("whenItHappens"):"":`${ye(e)}, ${s("inTime",{n:qe(Math.max(e-we(),0))})}`}function Os({id:e,status:t}){let[,,,,n]=ae.value.path.split("/"),[o,r]=h(0),[i,l]=I(m=>S("schedule_list",{server:e},m),[e,o],Pr),c=()=>r(m=>m+1),u=i?.schedules;if(!u||!t)return a`<p class="muted">${l?A(l):s("loading")}</p>`;let $=n?.startsWith("new")&&P(e,"settings")?Nt(n.slice(4),t):u.find(m=>String(m.schedule)===n),p=a`<a class="btn" href=${`#/server/${e}/schedules`}><${k} name="chevron-left" />${s("allSchedules")}</a>`;return n&&!$?a`<${re} icon="calendar-clock" title=${s("code.no_such_schedule")}>${p}<//>`:a`<div class=${n?"two-pane":""}>
    <${Rr} ...${{id:e,status:t,all:u,chosen:n}} />
    ${n&&a`<div><p class="back-line">${p}</p><${Ss} key=${n} ...${{id:e,status:t,schedule:$,look:c}} /></div>`}
  </div>`}function Rr({id:e,status:t,all:n,chosen:o}){let r=l=>`#/server/${e}/schedules/${l}`,i=bs(t);return a`<section class="sch-list" aria-labelledby="schedules-title">
    <div class="tab-head">
      <h2 id="schedules-title">${s("schedules")}</h2>
      ${P(e,"settings")&&a`<a class="btn primary" href=${r("new")}><${k} name="plus" />${s("new")}</a>`}
    </div>
    ${n.length?a`<ul>${n.map(l=>a`<${Br} key=${l.schedule} ...${{schedule:l,to:r,isChosen:String(l.schedule)===o}} />`)}</ul>`:a`<${re} icon="calendar-clock" title=${s("noSchedules")} text=${s("noSchedulesHow")} />`}
    ${i.length>0&&a`<h3>${s("startFrom")}</h3>
        <div class="tpl">
          ${i.map(l=>a`<a key=${l} class="btn small" href=${r(`new-${l}`)}><${k} name="plus" />${s(`template.${l}`)}</a>`)}
        </div>`}
  </section>`}function Br({schedule:e,to:t,isChosen:n}){let{name:o,enabled:r,steps:i,run:l,last:c}=e;return a`<li class=${[n&&"here",!r&&"paused"].filter(Boolean).join(" ")}>
    <a href=${t(e.schedule)} aria-current=${n?"true":void 0}>
      <b>${o}</b><span>${rt(e)}</span><span class="muted">${i.map(Re).join(", ")}</span>
    </a>
    <span class="sch-r">
      ${l?a`<${It} run=${l} steps=${i} />`:r?a`<span class="num">${Dr(e)}</span>`:a`<span class="tag">${s("paused")}</span>`}
      ${c&&a`<${Mt} ...${c} />`}
    </span>
  </li>`}function Fr({server:e,status:t}){return P(e,"destroy")?J.value!==null?s("awayWait"):Me(t)?"":s("destroyStopped"):s("mayNotDestroy")}function Pt({status:e}){let[t,n]=h(!1),o=Fr(e);return a`<section class="set danger-zone" aria-labelledby="set-danger">
    <div class="set-head">
      <h2 id="set-danger">${s("dangerZone")}</h2>
      <p class="muted">${s("asksFirst")}</p>
    </div>
    <div class="set-body">
      <ul class="danger-list">
        <li>
          <div>
            <b>${s("destroyThis")}</b>
            <p>${s("destroyAbout")}${o&&a` <b>${o}</b>`}</p>
          </div>
          <button
            class="btn danger"
            type="button"
            aria-disabled=${o?"true":void 0}
            title=${o||void 0}
            onClick=${()=>o||n(!0)}
          >
            ${s("destroy")} …
          </button>
        </li>
      </ul>
    </div>
    ${t&&a`<${Wr} status=${e} close=${()=>n(!1)} />`}
  </section>`}function Wr({status:e,close:t}){let n=e.server,[o,r]=h(""),[i,l]=h(!1),[c,u]=h(null),[d,$]=h(!1),[p,m]=kn(e,s("beforeDestroy")),f=d||o!==n;async function g(){if(!f){$(!0);try{await m(()=>S("server_destroy",{server:n,deleteFiles:i})),t(),ne("/")}catch(b){u(b),$(!1)}}}let x=b=>{b.key==="Enter"&&(b.preventDefault(),g())};return a`<${de} title=${s("destroyTitle",{id:n})} close=${t}>
    <p>${s(i?"destroyGone":"destroyKept")}</p>
    <div class="dialog-fields" onKeyDown=${x}>
      <${z} id="destroy-id" label=${s("destroyHow")} value=${o} change=${r} autocomplete="off" autocapitalize="none" spellcheck=${!1} />
      <${G} id="destroy-files" label=${s("deleteFiles")} checked=${i} change=${l} />
      ${p}
    </div>
    <${j} text=${A(c)} />
    <div class="dialog-acts">
      <button class="btn" type="button" onClick=${t}>${s("cancel")}</button>
      <button class=${d?"btn danger-fill busy":"btn danger-fill"} type="button" aria-disabled=${f?"true":void 0} onClick=${g}>
        ${s("destroyNow")}
      </button>
    </div>
  <//>`}var Dt=new je,Cs=new je,Hr=5e3,it=["description","tags","autostart"],qr=e=>it.includes(e)||e.startsWith("restart");function Ur({name:e,group:t,type:n}){return it.includes(e)?"general":/^restart([A-Z]|$)/.test(e)?"afterCrash":/Limit$/.test(e)||e==="isolation"?"limits":e.startsWith("backup")?"backups":t?Ft.find(o=>s(`section.${o}`)===_(t))??_(t):n==="port"?"network":"game"}var Rt=["general","network","game"],Bt=["afterCrash","limits","backups"],Gr=e=>Rt.includes(e)?Rt.indexOf(e):Bt.includes(e)?100+Bt.indexOf(e):50,Ft=[...Rt,...Bt];function Kr(e){let t=new Map;for(let n of e){let o=Ur(n),r=o==="limits"?{...n,advanced:!1}:n;t.set(o,[...t.get(o)??[],r])}return t.get("general")?.sort((n,o)=>it.indexOf(n.name)-it.indexOf(o.name)),[...t].map(([n,o])=>({id:`set-${n.replace(/\W+/g,"-")}`,title:Ft.includes(n)?s(`section.${n}`):We(n),about:Ft.includes(n)?s(`section.${n}.about`):"",place:Gr(n),members:o})).sort((n,o)=>n.place-o.place)}function Ts({id:e,status:t}){return P(e,"settings")?a`<${Zr} ...${{id:e,status:t}} />`:t&&a`<div class="sets"><${Pt} status=${t} /></div>`}function zr({settings:e,before:t},n){let o=new Map(e.map(({name:i,value:l})=>[i,l])),r={...t};for(let{name:i,value:l}of n)o.has(i)&&o.get(i)!==l&&(r[i]??=o.get(i)),r[i]===l&&delete r[i];return r}function Vr(e){let[t,n]=h(null),[o,r]=h(null),i=W(0),l=async u=>{let d=i.current,{settings:$}=await S("server_settings",{server:e},u);return i.current===d&&n(p=>({settings:$,before:p?zr(p,$):{}})),r(null),$};return B(()=>{let u=new AbortController;return ee(async()=>{try{await l(u.signal)}catch($){throw $.code&&r($),$}},Hr,u.signal),()=>u.abort()},[e]),[t,o,l,({settings:u})=>{i.current+=1,n({settings:u,before:{}})}]}function Zr({id:e,status:t}){let[n,o,r,i]=Vr(e),l=le(),[c,u]=h(null),[d,$]=h(Dt.get(e,{})),[p,m]=h(Cs.get(e,{})),[f,g]=h(null),x=W(null);te(x,f);let b=n?.settings,v=E=>{Cs.set(e,E),m(E)},C=E=>{let L=T=>b.find(M=>M.name===T)?.value;Object.keys(E).length?Dt.set(e,E):Dt.delete(e),$(E),v(Object.fromEntries(Object.keys(E).map(T=>[T,T in p?p[T]:L(T)])))},y=E=>v({...p,[E]:b.find(L=>L.name===E).value});B(()=>{let E=T=>T.name in d&&!Ye(T,d[T.name]),L=(b??[]).filter(E).map(({name:T})=>[T,d[T]]);b&&L.length<Object.keys(d).length&&C(Object.fromEntries(L))},[b]);async function w(E){E.preventDefault();let L=Ze(b,d),T=Object.keys(L);if(!(!T.length||J.value!==null)){g(null);try{if((await r()).some(M=>Oe(M,p)&&!Ye(M,d[M.name]))){R(s("decideFirst")),requestAnimationFrame(()=>x.current?.querySelector(".contested button")?.focus());return}i(await S("server_settings",{server:e,settings:L})),u({names:T}),C({}),R(s("saved"))}catch(M){g(M),R(A(M))}}}if(!b||!l)return a`<p class="muted">${o?A(o):s("loading")}</p>`;let N=Kr(b);return a`<div class="settings">
    <${Qr} ...${{id:e,sections:N,isChanged:({members:E})=>E.some(({name:L})=>L in d)}} />
    <form class="sets" ref=${x} onSubmit=${w} noValidate>
      ${N.map(({id:E,title:L,about:T,members:M})=>a`<section class="set" aria-labelledby=${E} key=${E}>
          <div class="set-head">
            <h2 id=${E}>${L}</h2>
            <p class="muted">${T}</p>
          </div>
          <div class="set-body">
            <${Qe} ...${{properties:M,draft:d,setDraft:C,error:f,bases:p,keepMine:y,before:n.before,parent:"settings"}} />
          </div>
        </section>`)}
      ${t&&P(e,"destroy")&&a`<${Pt} status=${t} />`}
      ${Je(f,"settings",b)&&a`<${j} text=${A(f)} />`}
      <${Xr} ...${{properties:b,draft:d,bases:p,error:f,saved:c,status:t,form:x}} discard=${()=>C({})} done=${()=>u({...c,names:[]})} />
    </form>
  </div>`}var Yr=220;function Jr(e){let[t,n]=h(e[0]),o=e.join(" ");return B(()=>{let r=()=>{let i=e.filter(c=>document.getElementById(c)?.getBoundingClientRect().top<Yr),l=scrollY>0&&scrollY+innerHeight>=document.documentElement.scrollHeight-2;n(l?e.at(-1):i.at(-1)??e[0])};return r(),addEventListener("scroll",r,{passive:!0}),()=>removeEventListener("scroll",r)},[o]),t}function Qr({id:e,sections:t,isChanged:n}){let o={id:"set-danger",title:s("dangerZone"),members:[]},r=P(e,"destroy")?[...t,o]:t,i=Jr(r.map(({id:c})=>c)),l=c=>u=>{u.preventDefault(),document.getElementById(c)?.scrollIntoView()};return a`<nav class="set-nav" aria-label=${s("sections")}>
    ${r.map(c=>a`<a
        key=${c.id}
        href=${`#${c.id}`}
        aria-current=${c.id===i?"true":void 0}
        onClick=${l(c.id)}
        >${c.title}${n(c)&&a`<span class="dot" title=${s("changed")}></span><span class="sr">, ${s("changed")}</span>`}</a
      >`)}
  </nav>`}function Xr({properties:e,draft:t,bases:n,error:o,saved:r,status:i,form:l,discard:c,done:u}){un(g=>{g.key!=="s"||!(g.ctrlKey||g.metaKey)||(g.preventDefault(),l.current.requestSubmit())});let d=e.filter(({name:g})=>g in t),$=d.filter(({name:g})=>V(o,"settings",g)).length,p=!d.length||J.value!==null;if(r?.names.length&&!d.length)return a`<${ea} ...${{names:r.names,status:i,done:u}} />`;let m=d.filter(g=>Oe(g,n)).length,f=[d.map($e).join(", "),$>0&&se("toCorrect",$),m>0&&se("toDecide",m)];return a`<div class="savebar" role="region" aria-label=${s("changes")}>
    ${d.length>0&&a`<span class="dot"></span>`}
    <b>${d.length?se("nChanges",d.length):s("nothingChanged")}</b>
    <span class="muted hide-s">${f.filter(Boolean).join(" \xB7 ")}</span>
    <span class="con-space"></span>
    ${d.length>0&&a`<button class="btn quiet" type="button" onClick=${c}>${s("discard")}</button>`}
    <button class="btn primary" type="submit" aria-disabled=${p?"true":void 0}>
      ${s("save")} <kbd aria-hidden="true">${s("ctrl")} S</kbd>
    </button>
  </div>`}function ea({names:e,status:t,done:n}){let o=e.filter($=>!qr($)).length,r=o>0&&fe(t?.status),i=t?.players?.online??0,[l,c]=h(!1),u=()=>vn(mt,t.players)?c(!0):d(),d=async()=>{try{en(t.server,(await S("server_restart",{server:t.server})).status),n()}catch($){R(A($))}};return a`<div class="savebar ok" role="region" aria-label=${s("changes")}>
    <${k} name="circle-check" /><b>${s("saved")}</b>
    <span class="muted">
      ${r&&s("holdsLater",{n:O(o),all:O(e.length)})}
      ${r&&i>0&&` ${se("playersOn",i)}`}
    </span>
    <span class="con-space"></span>
    <button class="btn quiet" type="button" onClick=${n}>${s(r?"later":"close")}</button>
    ${r&&P(t.server,"power")&&a`<button class="btn primary" type="button" onClick=${u}>
        <${k} name="rotate-cw" />${s("restartNow")}
      </button>`}
    ${l&&a`<${yn} ...${{action:mt,id:t.server,players:t.players,act:d}} close=${()=>c(!1)} />`}
  </div>`}export{In as Account,po as Activity,Hn as Audit,Un as Create,qo as Happened,ns as Host,jn as People,rs as Players,Os as Schedules,Ts as Settings,$e as titleOf};
