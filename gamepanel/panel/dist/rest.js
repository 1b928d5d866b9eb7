import{$a as Se,A as ie,Ab as ft,B as s,Ba as cn,C as _,Ca as un,D as We,E as se,F as He,G as O,H,Ha as k,I as qe,Ia as ce,Ib as yn,J as Ne,Ja as re,K as Ue,L as oe,M as Ge,Mb as kn,N as Yt,Nb as xn,O as Jt,Q as _e,R as ve,S as ye,Sa as dn,T as Qt,Ta as q,U as Le,Ua as z,V as A,Va as G,W as Ke,Wa as ke,Wb as Sn,X as K,Xa as Z,Y as ze,Ya as X,Yb as On,Z as je,Za as ue,_a as xe,a as h,aa as Xt,ab as de,b as B,ba as en,bb as j,c as ge,d as W,da as tn,db as ut,ea as I,fa as le,fb as dt,g as a,ga as P,gb as $n,ha as nn,hb as pn,ia as ct,ib as $t,jb as mn,ka as Me,kb as pt,l as J,la as sn,lb as fn,m as we,ma as R,oa as on,ob as hn,p as S,pa as rn,pb as bn,q as Gt,qb as Ve,r as Kt,rb as gn,s as ee,sa as an,sb as Ze,ta as ln,tb as wn,u as ae,ub as vn,v as Q,vb as mt,w as ne,wb as fe,x as zt,xb as Ie,y as Vt,z as Zt}from"./first.js";var Ns=["integer","number","port"],_s=({target:e})=>e.validity.badInput?s("noNumber"):e.value;function Cn({property:e,value:t,change:n,common:o,creating:r}){let{type:i,choices:l,maxLength:c}=e;if(i==="boolean")return a`<input
      type="checkbox"
      ...${o}
      checked=${!!t}
      onChange=${d=>n(d.target.checked)}
    />`;if(i==="password")return a`<${Is} ...${{property:e,value:t,change:n,common:o,creating:r}} />`;if(l)return a`<${Ms} ...${{property:e,value:t,change:n,common:o}} />`;let u={...o,class:"in",value:t??"",onInput:d=>n(_s(d))};return i==="text"&&!Ls(e,t)?a`<textarea rows="4" maxlength=${c} ...${u}></textarea>`:Ns.includes(i)?a`<${js} ...${{property:e,text:u}} />`:a`<input type="text" autocomplete="off" maxlength=${c} ...${u} />`}var Ls=({name:e},t)=>e==="description"&&!String(t??"").includes(`
`);function js({property:{type:e,minimum:t,maximum:n,unit:o},text:r}){let i=a`<input
    type="number"
    inputmode="decimal"
    step=${e==="number"?"any":"1"}
    min=${t}
    max=${n}
    ...${r}
  />`;return o?a`<span class="unit">${i}<span>${We(o)}</span></span>`:i}function Ms({property:e,value:t,change:n,common:o}){let{choices:r,required:i}=e,l=c=>r.find(u=>String(u)===c)??"";return a`<span class="select"
    ><select
      ...${o}
      value=${String(t??"")}
      onChange=${c=>n(l(c.target.value))}
    >
      ${!i&&a`<option value="">–</option>`}
      ${r.map(c=>a`<option key=${c} value=${String(c)}>${Ke(e,c)}</option>`)}</select
    ><${k} name="chevron-down"
  /></span>`}function Is({property:e,value:t,change:n,common:o,creating:r}){let i=t===null&&!r;return a`<${ke}
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
      >`}`}var Ps=["integer","number","port"];function Ye(e,t){let n={};for(let{name:o,type:r}of e)o in t&&(n[o]=An(r,t[o]));return n}function An(e,t){return t===""&&e!=="string"&&e!=="text"?null:Ps.includes(e)?Number.isFinite(Number(t))?Number(t):String(t):t}function Je({type:e,value:t},n){return e==="password"?!1:An(e,n)===t||n===""&&t===null}var Oe=({name:e,type:t,value:n},o)=>t!=="password"&&e in o&&o[e]!==n;function V(e,t,n){let o=[`/${t}/${n}`,`/${n}`],r=e?.problems?.find(i=>o.includes(i.pointer));return r&&xe(r,n)}var Qe=(e,t,n)=>!!e&&!n.some(({name:o})=>V(e,t,o));function te(e,t){ge(()=>{t&&e.current?.querySelector('[aria-invalid="true"]')?.focus()},[t])}var En=(e,t,n)=>ie(`field.${e}${t}`)?s(`field.${e}${t}`):n,$e=({name:e,title:t})=>En(e,"",_(t||e)),Ds=e=>/Limit$/.test(e)||e==="isolation";function Rs({name:e,description:t,minimum:n,maximum:o,readonly:r,hint:i,maxLength:l,type:c},u){let d=ie(`field.${e}.about`)?"":_(i??""),$=[En(e,".about",_(t)),d];if(c!=="port"&&n!==void 0&&o!==void 0?$.push(s("range",{min:O(n),max:O(o)})):c!=="port"&&n!==void 0?$.push(s("from",{min:O(n)})):c!=="port"&&o!==void 0&&$.push(s("upTo",{max:O(o)})),l!==void 0&&l<1e3){let p=s("nUsed",{n:O([...String(u??"")].length)});$.push(s("atMostLong",{n:O(l)})+(c==="password"?"":p))}return r&&$.push(s(Ds(e)?"onlyAdmins":"readonly")),Bs($.filter(Boolean))}var Tn=e=>/^\p{L}{2}|^\p{L} /u.test(e)?He(e):e,Bs=e=>e.reduce((t,n)=>t?t.endsWith(".")?`${t} ${Tn(n)}`:`${t} \xB7 ${n}`:Tn(n),"");function ht(e){let{type:t,value:n,unit:o,choices:r}=e;return t==="boolean"?s(n?"on":"off"):n===null||n===""?s("nothing"):r?Ke(e,n):typeof n=="string"?`\u201C${n}\u201D`:[n,We(o)].filter(Boolean).join(" ")}function Fs({property:e,bases:t,before:n,change:o,keepMine:r}){let{name:i}=e;return Oe(e,t)?a`<p class="was contested">
      <b>${s("othersSet",{value:ht(e)})}</b>${" "}
      <button type="button" class="link" onClick=${()=>o(void 0)}>
        ${s("takeTheirs")}<span class="sr"> ${$e(e)}</span>
      </button>${" \xB7 "}
      <button type="button" class="link" onClick=${()=>r(i)}>
        ${s("keepMine")}<span class="sr"> ${$e(e)}</span>
      </button>
    </p>`:i in n&&a`<p class="was">${s("othersChanged",{value:ht({...e,value:n[i]})})}</p>`}function Xe({properties:e,...t}){let n=e.filter(({advanced:l})=>!l),o=e.filter(l=>l.advanced),r=o.some(l=>V(t.error,t.parent,l.name)||Oe(l,t.bases??{})),i=l=>a`<${Hs} key=${l.name} property=${l} ...${t} />`;return a`${n.map(i)}
    ${o.length>0&&a`<details class="adv wide" open=${r}>
        <summary>
          <${k} name="chevron-right" />${s("advanced")}
          <span class="muted">${o.map($e).join(", ")}</span>
        </summary>
        <div class="grp">${o.map(i)}</div>
      </details>`}`}var Ws=e=>`field-${e}`;function Hs({property:e,draft:t,setDraft:n,error:o,parent:r,creating:i,bases:l={},before:c={},keepMine:u}){let{name:d,type:$,readonly:p,required:m,accept:f}=e,g=Ws(d),x=V(o,r,d),b=d in t&&!i,v=U=>{let{[d]:Ht,...Te}=t,F=U===void 0||Je(e,U);n(F?Te:{...Te,[d]:U})},C=$==="password",y=d in t?t[d]:C?void 0:e.value,w=Rs(e,y),N={id:g,disabled:p&&!i,"aria-describedby":[x&&`${g}-error`,w&&`${g}-hint`].filter(Boolean).join(" ")||void 0,"aria-invalid":x?"true":void 0},D=$==="boolean",E=m&&e.value===null&&!D,L=a`<label for=${g}>${$e(e)}${E&&a` <span class="muted">${s("required")}</span>`}</label>`,T=a`<${Cn} ...${{property:e,value:y,change:v,common:N,creating:i}} />`;return a`<div class=${["field",D&&"check",$==="text"&&"wide",b&&"changed",x&&"wrong"].filter(Boolean).join(" ")}>
    ${D?a`${T}${L}`:a`${L}${T}`}
    <${q} id=${`${g}-error`} problem=${x} />
    <${Fs} ...${{property:e,bases:l,before:c,change:v,keepMine:u}} />
    ${b&&!C&&!Oe(e,l)&&a`<p class="was">
        ${s("was",{value:ht(e)})}${" "}
        <button type="button" class="link" onClick=${()=>v(void 0)}>
          ${s("undo")}<span class="sr"> ${$e(e)}</span>
        </button>
      </p>`}
    ${(w||f)&&a`<p class="hint" id=${`${g}-hint`}>
        ${w} ${f&&a`<a href=${f} target="_blank" rel="noopener noreferrer">${f}</a>`}
      </p>`}
  </div>`}var Nn=["command","power","settings","destroy","files","backup"],_n={username:"",password:"",admin:!1,create:!1,disabled:!1},qs=(e,t)=>["password","admin","create","disabled","servers"].filter(n=>JSON.stringify(e[n]??"")!==JSON.stringify(t[n]??_n[n]??"")).length;function Ln({user:e,hint:t,done:n,close:o}){let r={..._n,external:K.value.auth==="url",...e},[i,l]=h(r),[c,u]=h(null),[d,$]=h(!1),p=W(null);te(p,c),ge(()=>{p.current.querySelector(e.isNew?"#person-name":"input").focus({preventScroll:!0}),p.current.getBoundingClientRect().top>innerHeight/2&&p.current.scrollIntoView()},[]);let m=qs(i,r),f=e.isNew?!i.username:!m;async function g(y,w){try{await S(y,w),R(s("saved")),n()}catch(N){$(!1),u(N),R(A(N))}}function x(y){if(y.preventDefault(),f)return;let{username:w,password:N,admin:D,create:E,disabled:L,external:T,servers:M}=i,U={username:w,admin:D,create:E,servers:M};N&&(U.password=N),e.isNew?g("user_create",{...U,external:T}):g("user_update",{...U,disabled:L})}let b=y=>w=>l({...i,[y]:w}),v=y=>V(c,"",y),C=c&&!v("username")&&!v("password");return a`<form class="form-card" ref=${p} onSubmit=${x} noValidate aria-labelledby="person-title">
    <div class="tab-head">
      <h2 id="person-title">${e.isNew?s("newUser"):e.username}</h2>
      <button class="btn icon" type="button" aria-label=${s("close")} title=${s("close")} onClick=${o}>
        <${k} name="x" />
      </button>
    </div>
    ${e.isNew&&a`<${z} id="person-name" label=${s("userName")} value=${i.username} problem=${v("username")} hint=${s("rule.username")} change=${b("username")} autocapitalize="none" autocomplete="off" />`}
    ${!i.external&&a`<${Us} ...${{user:e,draft:i,hint:t}} problem=${v("password")} change=${b("password")} />`}
    <${G} id="person-admin" label=${s("adminBox")} checked=${i.admin} hint=${s("adminHint")} change=${b("admin")} />
    <${G} id="person-create" label=${s("mayCreate")} checked=${i.create} hint=${s("createHint")} change=${b("create")} />
    ${e.isNew?a`<${G} id="person-external" label=${s("externalBox")} checked=${i.external} change=${b("external")} />`:a`<${G} id="person-in" label=${s("mayLogIn")} checked=${!i.disabled} change=${y=>b("disabled")(!y)} />`}
    ${!i.admin&&a`<${Gs} servers=${i.servers} change=${b("servers")} />`}
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
  </form>`}var Us=({user:e,draft:t,hint:n,problem:o,change:r})=>a`<div class=${o?"field wrong":"field"}>
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
  </div>`;function Gs({servers:e,change:t}){let[n]=I(u=>S("server_list",{},u),[]),o=n?.servers.map(({server:u})=>u)??[],r=Object.keys(e).toSorted(),i=o.filter(u=>!r.includes(u));function l(u,d,$){let p=new Set(["view",...e[u]]);$?p.add(d):p.delete(d),t({...e,[u]:[...p]})}let c=u=>{let{[u]:d,...$}=e;t($)};return a`<fieldset>
    <legend>${s("rightsByServer")}</legend>
    ${r.length>0&&a`<div class="scroll" tabindex="0" role="group" aria-label=${s("rightsByServer")}>
        <table class="plain rights">
          <thead>
            <tr>
              <th scope="col">${s("server")}</th>
              ${Nn.map(u=>a`<th scope="col" key=${u}>${s(`right.${u}`)}</th>`)}
              <th scope="col"><span class="sr">${s("takeAway")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${r.map(u=>a`<tr key=${u}>
                <th scope="row">${u}</th>
                ${Nn.map(d=>a`<td key=${d}>
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
  </fieldset>`}function et(){let e=K.value.auth==="password",[t,n]=I(async()=>e?Gt("login_info"):null,[]);return!e||n?"":t&&s("passwordRule",{n:O(t.passwordPolicy.minLength)})}var Ks={isNew:!0,username:"",servers:{}};function Mn(){let[e,t]=h(0),[n,o]=h(!1),[r,i]=I(b=>S("user_list",{},b),[e]),{q:l="",kind:c="",who:u=""}=ae.value.query,d=et(),$=r?.users??[],p=$.filter(b=>jn[c](b)&&Vs(b).includes(l.toLowerCase())),m=n?Ks:$.find(({username:b})=>b===u),f=()=>{o(!1),Q({who:""})},g=()=>{f(),t(e+1)},x=[["",a`<span class="n">${O($.length)}</span> ${s("all")}`],...["admins","off"].map(b=>[b,$.filter(jn[b]).length]).filter(([b,v])=>v||b===c).map(([b,v])=>[b,a`<span class="n">${O(v)}</span> ${s(zs[b](v))}`])];return a`<div class="page-head">
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
      <${Zs} ...${{shown:p,who:n?"":u}} edit=${b=>{o(!1),Q({who:b})}} />
      ${m&&(n||d!==null)&&a`<${Ln} key=${m.username} ...${{user:m,hint:d,done:g,close:f}} />`}
    </div>`}var zs={admins:e=>e===1?"admins.one":"admins",off:()=>"disabledOnes"},jn={"":()=>!0,admins:({admin:e})=>e,off:({disabled:e})=>e},Vs=({username:e,servers:t})=>[e,...Object.keys(t)].join(" ").toLowerCase(),Zs=({shown:e,who:t,edit:n})=>a`<div class="table-wrap">
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
              <${Js} user=${o} />
            </th>
            <td title=${tt(o)}>${Xs(o)}</td>
            <td class="acts"><${Se} label=${s("moreFor",{id:r})} items=${Ys(r,n)} /></td>
          </tr>`})}
      </tbody>
    </table>
  </div>`,Ys=(e,t)=>[{icon:"settings",text:s("edit"),act:()=>t(e)},{icon:"scroll-text",text:s("whatTheyDid"),act:()=>ne(`/audit?who=${encodeURIComponent(e)}`)}],Js=({user:e})=>["admin","disabled","external"].filter(t=>e[t]).map(t=>a` <span key=${t} class=${t==="admin"?"tag acc":"tag"}>${s(t)}</span>`),Qs=4;function Xs({admin:e,create:t,servers:n}){let o=Object.keys(n);if(e||!o.length)return tt({admin:e,create:t,servers:n});let r=new Set(o.map(c=>In(n[c]))),i=o.length<Qs?o.join(", "):se("nServers",o.length),l=r.size===1?`${i}: ${[...r][0]}`:i;return[t&&s("mayCreate"),l].filter(Boolean).join(" \xB7 ")}function In(e){let t=e.filter(n=>n!=="view");return(t.length?t:e).map(n=>s(`right.${n}`)).join(", ")}function tt({admin:e,create:t,servers:n}){if(e)return s("everything");let o=Object.entries(n).map(([r,i])=>`${r}: ${In(i)}`);return[t&&s("mayCreate"),...o].filter(Boolean).join(" \xB7 ")||s("nothing")}function Pn(){return a`<div class="page-head">
      <h1>${ze.value.username}</h1>
      ${!ct()&&a`<div class="page-acts">
          <button class="btn" type="button" onClick=${sn}><${k} name="log-out" />${s("logout")}</button>
        </div>`}
    </div>
    <${to} />
    ${!ct()&&a`<${bt} name="mayDo" about=${s("mayDo.about")}><p class="wide">${tt(ze.value)}</p><//>`}
    ${K.value.auth==="password"&&a`<${no} />`}`}var bt=({name:e,about:t,children:n})=>a`<section class="set" aria-labelledby=${`account-${e}`}>
    <div class="set-head">
      <h2 id=${`account-${e}`}>${s(e)}</h2>
      <p class="muted">${t}</p>
    </div>
    <div class="set-body">${n}</div>
  </section>`,eo=[["dark","moon"],["light","sun"],["",null]];function to(){let e=async t=>{let n=t&&await globalThis.Notification?.requestPermission()==="granted";ln(n),!(!t||n)&&(document.getElementById("account-tells").checked=!1,R(s("notAllowedToTell")))};return a`<${bt} name="looks" about=${s("onThisDevice")}>
    <div class="field">
      <span class="lab" aria-hidden="true">${s("theme")}</span>
      <div class="seg" role="group" aria-label=${s("theme")}>
        ${eo.map(([t,n])=>a`<button key=${t} type="button" aria-pressed=${String(on.value===t)} onClick=${()=>rn(t)}>
              ${n&&a`<${k} name=${n} />`}${s(`theme.${t||"system"}`)}
            </button>`)}
      </div>
    </div>
    <div class="field">
      <span class="lab" aria-hidden="true">${s("language")}</span>
      <${X} label=${s("language")} value=${Vt} choices=${Object.entries(zt)} change=${Zt} />
    </div>
    <${G} id="account-tells" label=${s("tellMe")} checked=${an.value} hint=${s("tellHint")} change=${e} />
    <${G} id="account-letters" label=${s("useLetters")} checked=${cn.value} hint=${s("lettersHint")} change=${un} />
  <//>`}function no(){let[e,t]=h(""),[n,o]=h(""),[r,i]=h(null),[l,c]=h(!1),u=W(null),d=et();te(u,r);async function $(g){g.preventDefault(),c(!1),i(null);try{await S("password_change",{oldPassword:e,password:n}),t(""),o(""),c(!0),R(s("passwordChanged"))}catch(x){i(x),R(A(x))}}let p=r?.code==="invalid_credentials"?s("wrongOld"):void 0,m=V(r,"","password"),f=(g,x,b,v,C,y)=>{let w=`account-${g}`;return a`<div class=${C?"field wrong":"field"}>
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
    <${bt} name="password" about=${s("passwordAbout")}>
      <input type="hidden" name="username" autocomplete="username" value=${ze.value.username} />
      ${f("oldPassword","current-password",e,t,p)}
      ${f("newPassword","new-password",n,o,m,d)}
      ${!m&&!p&&a`<${j} text=${A(r)} />`}
      ${l&&a`<p class="good wide">${s("passwordChanged")}</p>`}
      <div class="wide"><button class="btn primary" type="submit">${s("changePassword")}</button></div>
    <//>
  </form>`}var so=25,Dn=200,oo=2e3;function ro(e,t,n,o,r){return ee(async()=>{let i=e.newest===null,l=i?{limit:dt}:{after:e.newest,limit:Dn,wait:pt()?so:0},c=fn(r),u;try{u=await S("event_list",{...t,...l},c.signal)}catch($){if(c.signal.aborted&&!r.aborted)return!0;throw $}finally{c.end()}let d=i||u.events.length>0||u.newest<e.newest;return e.take(u,n()),d&&o(),i||u.events.length===Dn||pt()},oo,r)}var ao=e=>e!==null&&(e.getBoundingClientRect().top<0||e.querySelector("a:hover, a:focus")!==null);function gt({server:e}){let[t,n]=h(""),[o,r]=h(""),i=[["",s("all")],...Object.keys($t).map(l=>[l,s(`kind.${l}`)])];return a`<div class="tab-head">
      ${e&&a`<h2>${s("events")}</h2>`}
      <${ue} label=${s("showOnly")} value=${t} all=${i} change=${n} />
      <${Z} label=${s("searchEvents")} placeholder=${s("searchEvents")} value=${o} change=${r} />
    </div>
    <${lo} key=${t} ...${{server:e,kind:t,wanted:o}} />`}var Rn=e=>mn(e,je.value?.get(e.server)?.type);function io(e,t){if(!t)return!0;let{text:n,more:o}=Rn(e);return[e.server,n,o].join(" ").toLowerCase().includes(t.toLowerCase())}function lo({server:e,kind:t,wanted:n}){let o={...e?{server:e}:{},...t?{kinds:$t[t]}:{}},[r]=h(()=>new pn),[,i]=h(0),[l,c]=h(null),[u,d]=h(!1),$=W(null),p=()=>i(w=>w+1);B(()=>{let w=new AbortController;return ro(r,o,()=>ao($.current),p,w.signal),()=>w.abort()},[]);function m(){r.show(),p(),$.current.focus({preventScroll:!0}),$.current.getBoundingClientRect().top<0&&$.current.scrollIntoView()}async function f(){if(!u){d(!0);try{await r.bringOlder((w,N)=>S("event_list",{...o,after:w,limit:N})),c(null)}catch(w){c(w)}d(!1)}}let{fresh:g,isAll:x,isFull:b,newest:v}=r,C=r.shown.filter(w=>io(w,n)),y=!!n&&v!==null&&C.length<dt&&!x&&!b&&!l;return B(()=>{y&&!u&&f()},[y,u]),a`<div class="fresher">
      ${g.length>0&&a`<button class="btn primary" onClick=${m}>
        ${s(g.length===1?"newEvent":"newEvents",{n:g.length})}
      </button>`}
    </div>
    <div class="events" tabindex="0" role="region" aria-label=${s("activity")} ref=${$}>
      ${v===null&&a`<p class="muted">${s("loading")}</p>`}
      ${v!==null&&!C.length&&a`<p class="muted">${s(y?"searching":n?"noEntries":"noEvents")}</p>`}
      ${co(C).map(({day:w,events:N})=>a`<${e?"h3":"h2"} key=${w} class="day">${w}<//>
          <ol key=${`${w} list`}>
            ${N.map(D=>a`<${po} key=${D.event} event=${D} isNamed=${!e} />`)}
          </ol>`)}
      <${j} text=${A(l)} />
      ${b&&a`<p class="muted">${s("noMoreEvents",{n:$n})}</p>`}
      ${C.length>0&&!x&&!b&&a`<p class="more">
          <button class="btn" aria-disabled=${u||void 0} onClick=${f}>${s("showOlder")}</button>
        </p>`}
    </div>`}function co(e){let t=[];for(let n of e){let o=Le(n.at);t.at(-1)?.day===o?t.at(-1).events.push(n):t.push({day:o,events:[n]})}return t}var uo=({icon:e,state:t})=>t?a`<${ce} state=${t} />`:a`<${k} name=${e} />`;function $o({job:e}){let[t,n]=h(!1);return a`<details class="job-output" onToggle=${({target:o})=>n(o.open)}>
    <summary>${s("jobOutput")}</summary>
    ${t&&a`<${bn} job=${e} isOver />`}
  </details>`}function po({event:e,isNamed:t}){let n=e.kind.startsWith("job_")&&hn.includes(e.data.kind)&&P(e.server,"view"),{text:o,who:r,more:i,picture:l,tone:c}=Rn(e);return a`<li>
    <time dateTime=${new Date(e.at*1e3).toISOString()} title=${oe(e.at)}>${Ge(e.at)}</time>
    <span class=${`ev-ic ${c}`}><${uo} ...${l} /></span>
    <span class="ev-t">
      ${t&&e.server&&a`<a href=${`#/server/${e.server}/activity`}>${e.server}</a> `}
      <bdi>${r&&a`<b>${r}</b>`}${o.slice(r.length)}</bdi> ${i&&a`<span class="muted"><bdi>${i}</bdi></span>`}
      ${n&&a`<${$o} job=${e.data.job} />`}
    </span>
  </li>`}var mo=()=>a`<div class="page-head"><h1>${s("activity")}</h1></div>
    <${gt} />`,fo=mo;var pe=50,Bn=500,ho=1e4;function Wn({action:e,result:t}){return ie(`did.${e}`)?t==="ok"?s(`did.${e}`):s("tried",{what:s(`verb.${e}`)}):e}function Hn({result:e}){if(e==="ok")return s("done");let t=[`result.${e}`,`code.${e}`].find(ie);return t?s(t):e.replaceAll("_"," ")}var bo=e=>[e.username??s("unknown"),Wn(e),e.server,e.target,Hn(e),e.address].join(" ").toLowerCase();function qn(){let[e,t]=I(T=>S("audit_log",{limit:pe},T),[]),[n,o]=h([]),[r,i]=h(!1),[l,c]=h(null),{q:u="",who:d="",server:$="",result:p=""}=ae.value.query,m={text:u,who:d,server:$,result:p},[f,g]=h(!1),[x,b]=h(pe),v=[...e?.entries??[],...n];async function C(T=pe){if(!f){g(!0);try{let M=v.at(-1).id,U=await S("audit_log",{before:M,limit:T});o([...n,...U.entries]),i(U.entries.length<T),c(null)}catch(M){c(M)}g(!1)}}let y=e?.entries.length===pe&&!r,w=Object.values(m).some(Boolean),N=v.filter(T=>go(T,m)),D=w&&y&&!l&&N.length<x&&v.length<ho;B(()=>{D&&!f&&C(Bn)},[D,f]);let E=()=>{f||(b(x+pe),N.length<x+pe&&y&&C(w?Bn:pe))},L=T=>{let{text:M,...U}=T;Q({q:M,...U}),b(pe)};return a`<div class="page-head">
      <h1>${s("whatPeopleDid")}</h1>
      <div class="page-acts">
        <button class="btn" type="button" onClick=${()=>ko(N)}><${k} name="download" />${s("download")}</button>
      </div>
    </div>
    <${wo} ...${{entries:v,wanted:m,setWanted:L}} />
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
          ${vo(N.slice(0,x))}
        </tbody>
      </table>
    </div>
    ${e&&!N.length&&a`<p class="more">${s(D?"searching":"noEntries")}</p>`}
    ${w&&a`<p class="more muted">${s("lookedThrough",{n:O(v.length)})}</p>`}
    ${(y||N.length>x)&&a`<p class="more">
        <button class="btn" aria-disabled=${f?"true":void 0} onClick=${E}>
          ${s("older")}
        </button>
      </p>`}`}function go(e,{text:t,who:n,server:o,result:r}){return bo(e).includes(t.toLowerCase())&&(!n||e.username===n)&&(!o||e.server===o)&&(!r||e.result==="ok"==(r==="ok"))}function wo({entries:e,wanted:t,setWanted:n}){let o=l=>c=>n({...t,[l]:c}),r=l=>[...new Set(e.map(c=>c[l]).filter(Boolean))].sort(),i=(l,c,u)=>a`<${X} label=${s(l)} value=${t[l]} choices=${[["",c],...u]} change=${o(l)} />`;return a`<div class="filters">
    <${Z} label=${s("filterAudit")} placeholder=${s("filterAudit")} value=${t.text} change=${o("text")} />
    ${i("who",s("everyone"),r("username").map(l=>[l,l]))}
    ${i("server",s("allServers"),r("server").map(l=>[l,l]))}
    ${i("result",s("anyResult"),[["ok",s("done")],["no",s("refusedOnes")]])}
  </div>`}function vo(e){let t=null;return e.flatMap(n=>{let o=Le(n.at)!==t;t=Le(n.at);let r=a`<tr class="day" key=${t}><th colspan="7" scope="rowgroup">${t}</th></tr>`,i=a`<${yo} key=${n.id} entry=${n} />`;return o?[r,i]:[i]})}var Fn=()=>a`<span class="none">–</span>`;function yo({entry:e}){let{at:t,username:n,address:o,action:r,server:i,target:l,result:c}=e,u=c==="ok",d=r==="server_cmd"?a`<code>${l}</code>`:l;return a`<tr>
    <td class="num l" title=${oe(t)}>${Ge(t)}</td>
    <th scope="row">${n??s("unknown")}</th>
    <td>${Wn(e)}</td>
    <td>${i?a`<a href=${`#/server/${i}/console`}>${i}</a>`:Fn()}</td>
    <td class="what">${l?d:Fn()}</td>
    <td>
      <span class=${u?"mk good":"mk bad"}><${k} name=${u?"circle-check":"circle-x"} />${Hn(e)}</span>
    </td>
    <td class="hide-s mono">${o}</td>
  </tr>`}function ko(e){let t=l=>`"${String(l??"").replace(/^[=+\-@]/,"'$&").replaceAll('"','""')}"`,n=["id","at","username","address","action","server","target","result"],o=e.map(l=>n.map(c=>t(c==="at"?new Date(l.at*1e3).toISOString():l[c])).join(",")),r=[n.join(","),...o].join(`\r
`),i=URL.createObjectURL(new Blob([r],{type:"text/csv"}));Object.assign(document.createElement("a"),{href:i,download:"audit.csv"}).click(),URL.revokeObjectURL(i)}var xo=9,So=({type:e,title:t,description:n,tags:o=[]})=>[e,t,n,_(t),_(n),...o,...o.map(_)].join(" ").toLowerCase();function Oo(e){let t=new Map;for(let n of e.flatMap(({tags:o=[]})=>o))t.set(n,(t.get(n)??0)+1);return[...t].sort(([n,o],[r,i])=>i-o||n.localeCompare(r))}function Un(){let[e,t]=I(m=>S("server_create_options",{},m),[]),n=le()?e:null,[o,r]=h(!1),{q:i="",tag:l=""}=ae.value.query,c=(n?.types??[]).toSorted((m,f)=>m.missing.length-f.missing.length),u=c.filter(m=>(!l||m.tags?.includes(l))&&(!o||!m.missing.length)&&So(m).includes(i.toLowerCase())),d=Oo(c).filter(([m],f)=>f<xo||m===l),$=[["",a`<span class="n">${O(c.length)}</span> ${s("all")}`],...d.map(([m,f])=>[m,a`<span class="n">${O(f)}</span> ${_(m)}`])],p=s("searchGames",{n:O(c.length)});return a`<div class="page-head"><h1>${s("newServer")}</h1></div>
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
      ${u.map(m=>a`<li key=${m.type}><${gn} type=${m} /></li>`)}
    </ul>
    ${n&&a`<p class="more muted">
        ${s("nShown",{n:O(u.length),all:O(c.length)})} ${s("gameMissing")} <code>gamepanel import</code>
      </p>`}
    ${n?.problems?.length>0&&a`<${Co} problems=${n.problems} />`}`}var Co=({problems:e})=>a`<section class="notice" aria-label=${s("typeProblems")}>
    <span><${k} name="triangle-alert" /></span>
    <div>
      <b>${s("typeProblems")}</b>
      <ul>
        ${e.map(({file:t,detail:n})=>a`<li key=${t}><code>${t}</code> ${n}</li>`)}
      </ul>
    </div>
  </section>`;function Gn({type:e}){return nn()?e?a`<${No} key=${e} type=${e} />`:a`<${Un} />`:a`<${re} icon="lock" title=${s("code.forbidden")} />`}var To=e=>Object.fromEntries(e.filter(({type:t,value:n})=>t==="port"&&n!==null).map(({name:t,value:n})=>[t,n])),Ao=e=>e.normalize("NFKD").replace(/\p{M}/gu,"").toLowerCase().replace(/ß/g,"ss").replace(/[^a-z0-9]+/g,"-").replace(/^-+|-+$/g,"").slice(0,32),wt=new Me,Eo={id:null,description:"",options:{}};function No({type:e}){let[t,n]=I(p=>S("server_create_options",{type:e},p),[]),o=le()?t:null,[r,i]=h(0),[l,c]=I(p=>S("server_create_options",{},p),[r]),u=l?.types.find(p=>p.type===e),d=_(u?.title??e),$=o&&l;return a`<div class="create">
    <div class="create-grid">
      <div>
        <p class="back-line"><a href="#/new"><${k} name="chevron-left" />${s("toGames")}</a></p>
        <div class="create-head">
          <${Ve} icon=${u?.icon} css="big" />
          <div>
            <h1>${s("newOf",{title:d})}</h1>
            <p class="muted">${o&&_(u?.description??"")} <${_o} url=${o?.homepage} /></p>
          </div>
        </div>
        ${$&&u?.missing.length>0&&a`<${jo} about=${u} again=${()=>i(r+1)} />`}
        ${$?a`<${Po} ...${{type:e,properties:o.options}} />`:a`<p class="muted">${A(n??c)||s("loading")}</p>`}
      </div>
      <${Mo} about=${u} />
    </div>
  </div>`}function _o({url:e}){if(!/^https?:/.test(e??"")||!URL.canParse(e))return null;let t=new URL(e).hostname.replace(/^www\./,"");return a`<a href=${e} target="_blank" rel="noopener noreferrer">${t}</a>`}var Lo=e=>/^(?:apt|pip|npm) install \S+( \S+)*$/.test(e)&&!e.includes(","),jo=({about:{missing:e,hint:t},again:n})=>a`<section class="notice warn" aria-label=${s("whatLacks")}>
    <span><${k} name="triangle-alert" /></span>
    <div>
      <b>${s("missing",{programs:e.join(", ")})}</b>
      <p>${t&&(Lo(t)?a`${s("addIt")} <code>${t}</code>. `:`${_(t)}. `)}${s("fillInNow")}</p>
    </div>
    <div class="notice-acts">
      <button class="btn" type="button" onClick=${n}><${k} name="refresh-cw" />${s("lookAgain")}</button>
      ${t&&a`<button class="btn icon" type="button" aria-label=${s("copyIt",{text:t})} title=${s("copyIt",{text:t})} onClick=${()=>Ze(t)}>
          <${k} name="copy" />
        </button>`}
    </div>
  </section>`;function Mo({about:e}){let t=wn(),n=t&&Object.values(t.servers).reduce((r,i)=>r+i,0),o=t&&[[s("memoryFree"),H(t.memoryTotal-t.memoryBytes)],[s("diskFree"),H(t.diskFree)],[s("servers"),O(n)]];return a`<aside class="side" aria-label=${s("whatHappens")}>
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
  </aside>`}function Io(e){let t=new Map;for(let n of e.filter(({accept:o})=>!o)){let{group:o,type:r}=n,i=o?_(o):s(r==="port"?"section.network":"section.game");t.set(i,[...t.get(i)??[],n])}return[...t]}function Po({type:e,properties:t}){let[n,o]=h(wt.get(e,Eo)),[r,i]=h(null),[l,c]=h(!1),u=W(null);te(u,r);let d=v=>{wt.set(e,v),o(v)},$=n.id??Ao(n.description),p=l||!$||J.value!==null;async function m(v){if(v.preventDefault(),!p){c(!0),i(null);try{let C=Ye(t,{...To(t),...n.options});await S("server_create",{type:e,server:$,description:n.description,options:C}),wt.delete(e),await Xt().catch(()=>{}),ne(`/server/${$}/console`)}catch(C){i(C),R(A(C)),c(!1)}}}let f=v=>d({...n,options:v}),g={parent:"options",error:r,draft:n.options,setDraft:f,creating:!0},x=[{name:"server"},{name:"description"},...t],b=Qe(r,"options",x);return a`<form class="form-card" ref=${u} onSubmit=${m} noValidate>
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
    ${Io(t).map(([v,C])=>a`<fieldset class="grp" key=${v}>
        <legend>${v}</legend>
        <${Xe} ...${g} properties=${C} />
      </fieldset>`)}
    ${t.filter(({accept:v})=>v).map(v=>a`<${Do} key=${v.name} ...${{property:v,...g}} />`)}
    <${j} text=${b&&A(r)} />
    <div class="form-foot">
      <span class="con-space"></span>
      <a class="btn quiet" href="#/new">${s("cancel")}</a>
      <button class=${l?"btn primary busy":"btn primary"} type="submit" aria-disabled=${p?"true":void 0}>
        ${s("create")}
      </button>
    </div>
  </form>`}function Do({property:e,error:t,draft:n,setDraft:o}){let{name:r,title:i,accept:l}=e,c=V(t,"options",r);return a`<div class=${c?"accept wrong":"accept"}>
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
  </div>`}var Ro=86400,Bo=3,Kn=4;function Vn(e){let t=[];return e.forEach((n,o)=>{n!==null&&(t.at(-1)?.[1]===o?t.at(-1)[1]++:t.push([o,o+1]))}),t}var Fo=2**20;function zn(e,t){let n=t?1024**Math.floor(Math.log2(Math.max(e,1))/10):1,o=e/n/3,r=10**Math.floor(Math.log10(o)),i=[1,2,5,10].map(l=>l*r).find(l=>l>=o)*n;return Array.from({length:Math.floor(e/i)+1},(l,c)=>c*i)}var vt=e=>`${(100*e).toFixed(2)}%`;function Wo(e,t){let n=600/Math.max(e.length,1),o=l=>(l*n).toFixed(1),r=l=>(100-l/t*100).toFixed(1),i=Vn(e).map(([l,c])=>{let u=e.slice(l,c).map(($,p)=>`${o(l+p+.5)},${r($)}`),d=[`${o(l)},${r(e[l])}`,...u,`${o(c)},${r(e[c-1])}`].join(" ");return{line:d,area:`${o(l)},100 ${d} ${o(c)},100`}});return{x:o,y:r,curves:i}}function Ho(e,t,n,o){let r=e.filter(c=>c!==null);if(!r.length)return[s("nowValue",{now:t}),s("noHistory")].join(" \xB7 ");let i=r.reduce((c,u)=>c+u,0)/r.length,l=s("mostOf",{most:n(r.reduce((c,u)=>Math.max(c,u),0))});return[s("nowValue",{now:t}),o&&s("meanOf",{mean:n(i)}),l].filter(Boolean).join(" \xB7 ")}function nt({name:e,samples:t,now:n,most:o=0,say:r,idle:i,limit:l=null,isBytes:c=!1,hasMean:u=!1}){let d=(t??[]).map(({value:y})=>y),$=d.reduce((y,w)=>Math.max(y,w??0),0),p=Math.max(o,$,l?.value??0,c?Fo:1e-9)*1.08,{x:m,y:f,curves:g}=Wo(d,p),x=g.length?Vn(d.map(y=>y===null?0:null)):[],b=t?Ho(d,n,r,u):s("loading"),v=[s(e),b,l?.text,x.length>0&&i].filter(Boolean),C=x.toSorted(([y,w],[N,D])=>D-N-(w-y))[0];return a`<figure class="graph chart">
    <figcaption><b>${s(e)}</b><span class="facts-of">${b}</span></figcaption>
    <div class="plot">
      <div class="ys" aria-hidden="true">
        ${zn(p,c).map(y=>a`<span key=${y} style=${{top:vt(1-y/p)}}>${r(y)}</span>`)}
      </div>
      <div class="area">
        <svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label=${v.join(" \xB7 ")}>
          ${zn(p,c).map(y=>a`<line key=${y} class="grid" x1="0" x2="600" y1=${f(y)} y2=${f(y)} />`)}
          ${x.map(([y,w])=>a`<rect key=${y} class="gap" x=${m(y)} width=${(m(w)-m(y)).toFixed(1)} y="0" height="100" />`)}
          ${g.map(({line:y,area:w})=>a`<polygon points=${w} /><polyline points=${y} />`)}
          ${l&&a`<line class="limit" x1="0" x2="600" y1=${f(l.value)} y2=${f(l.value)} />`}
        </svg>
        ${l&&a`<span class="limit-label" aria-hidden="true" style=${{top:vt(1-l.value/p)}}>${l.text}</span>`}
        ${C&&a`<span class="gap-label" aria-hidden="true" style=${{left:vt((C[0]+C[1])/2/d.length)}}>
            ${i}
          </span>`}
      </div>
    </div>
    <${qo} samples=${t} />
  </figure>`}function qo({samples:e}){if(!e?.length)return a`<p class="xs" aria-hidden="true"></p>`;let[t,n]=[e[0].at,e.at(-1).at],o=n-t>Ro?Jt:Yt,r=i=>t+(n-t)*i/Kn;return a`<p class="xs" aria-hidden="true">
    ${Array.from({length:Kn},(i,l)=>a`<span key=${l}>${o(r(l))}</span>`)}
    <span>${s("now")}</span>
  </p>`}function st(e,t,n,o){if(!e)return null;let r=e.samples.map(i=>({at:i.at,value:i[t]}));if(typeof n!="number")return r;for(let i of r.slice(-Bo).toReversed()){if(i.value!==null||i.at+e.interval<=o)break;i.value=n}return r}var Jn=[{name:"hour",seconds:3600,freshMs:6e4},{name:"sixHours",seconds:21600,freshMs:6e4},{name:"day",seconds:86400,freshMs:18e4},{name:"week",seconds:604800,freshMs:9e5},{name:"sixtyDays",seconds:5184e3,freshMs:9e5}],Zn=Jn[2],Yn=[{name:"cpu",field:"cpuPercent",most:10,say:qe,hasMean:!0},{name:"memory",field:"memoryBytes",most:0,say:H,isBytes:!0}],Qn={name:"players",field:"players",most:1,say:O};function Uo(e,t,{seconds:n,freshMs:o}){let[r,i]=h(null);return B(()=>{i(null);let l=new AbortController;return ee(async()=>i(await S(e,{...t,seconds:n},l.signal)),o,l.signal),()=>l.abort()},[e,t.server,n]),r}function ot({title:e,name:t,fields:n={},css:o="graphs",draw:r}){let[i,l]=h(Zn),c=Uo(t,n,i),u=d=>{Zn=d,l(d)};return a`<div class="tab-head">
      <h2>${e}</h2>
      <div class="seg" role="group" aria-label=${s("timeSpan")}>
        ${Jn.map(d=>a`<button
              key=${d.name}
              type="button"
              aria-pressed=${String(d===i)}
              onClick=${()=>u(d)}
            >
              ${s(d.name)}
            </button>`)}
      </div>
    </div>
    <div class=${o}>${r(c)}</div>`}function Xn(e,t,{name:n,field:o,say:r,...i}){let{usage:l,players:c,startedAt:u}=e,d={...l,players:c?.online}[o];return a`<${nt}
    key=${n}
    ...${{name:n,say:r,...i}}
    samples=${st(t,o,d,u)}
    now=${typeof d=="number"?r(d):"\u2013"}
    idle=${s("didNotRun")}
    limit=${vn(e)[o]}
  />`}var es=({status:e})=>a`<${ot}
    title=${s("history")}
    name="server_history"
    fields=${{server:e.server}}
    css="graphs one"
    draw=${t=>Xn(e,t,Qn)}
  />`;function ts({status:e}){let t=n=>((n?n.samples.some(({players:r})=>r!==null):e.players)?[...Yn,Qn]:Yn).map(r=>Xn(e,n,r));return a`<${ot}
    title=${s("history")}
    name="server_history"
    fields=${{server:e.server}}
    draw=${t}
  />`}var Go=({id:e,status:t})=>a`${t?a`<${ts} status=${t} />`:a`<div class="graphs waiting"></div>`}<${gt} key=${e} server=${e} />`;var Ko=3e3,ns=8;function ss(){let[e,t]=h(null),[n,o]=h(null);return B(()=>{let r=new AbortController;return ee(async()=>{try{t(await S("host_status",{},r.signal)),await en(r.signal),o(null)}catch(l){throw l.code&&o(l),l}},Ko,r.signal),()=>r.abort()},[]),a`<div class="page-head">
      <h1>${s("host")}</h1>
      <div class="page-acts">
        <span class="muted">${location.hostname}${e&&` \xB7 ${s("upFor",{n:Ne(e.uptime)})}`}</span>
      </div>
    </div>
    <${j} text=${A(n)} />
    ${e?a`<${zo} status=${e} />`:a`<p class="muted">${s("loading")}</p>`}`}var rt=({name:e,value:t,about:n,share:o})=>a`<div class="tile">
    <span class="k">${s(e)}</span><b>${t}</b><span class="muted">${n}</span>
    ${o!==void 0&&a`<${mt} share=${o} />`}
  </div>`;function zo({status:e}){let{cores:t,load:n,daemon:o,memoryBytes:r,memoryTotal:i,diskFree:l,diskTotal:c}=e,u=p=>qe(p/t),d=e.cpuPercent,$=Ne(we()-o.startedAt);return a`<section class="tiles" aria-label=${s("rightNow")}>
      <${rt}
        name="cpu"
        value=${d===null?"\u2013":u(d)}
        about=${s("coresAndLoad",{n:O(t),load:n.map(O).join(" \xB7 ")})}
        share=${(d??0)/t/100}
      />
      <${rt} name="memory" value=${H(r)} about=${s("ofLimit",{limit:H(i)})} share=${r/i} />
      <${rt}
        name="disk"
        value=${s("nFree",{n:H(l)})}
        about=${s("ofLimit",{limit:H(c)})}
        share=${1-l/c}
      />
      <${rt} name="daemon" value=${H(o.memoryBytes)} about=${`gamepanel ${o.version} \xB7 ${s("upFor",{n:$})}`} />
    </section>
    <${ot} title=${s("overTime")} name="host_history" draw=${p=>Vo(e,p,u)} />
    <div class="host-cols">
      <${Zo} disk=${e.disk??[]} />
      <${Jo} />
      <${er} status=${e} />
    </div>
    ${K.value.features.includes("backups")&&a`<${On} script=${Sn} part="LostBackups" />`}`}function Vo(e,t,n){return[{name:"cpu",field:"cpuPercent",most:100*e.cores,say:n,hasMean:!0},{name:"memory",field:"memoryBytes",say:H,isBytes:!0,limit:{value:e.memoryTotal,text:s("allThereIs")}},{name:"diskFree",field:"diskFree",say:H,isBytes:!0}].map(({field:r,say:i,...l})=>{let c=e[r];return a`<${nt}
      key=${l.name}
      ...${{say:i,...l}}
      samples=${st(t,r,c,e.daemon.startedAt)}
      now=${c===null?"\u2013":i(c)}
      idle=${s("daemonAway")}
    />`})}function Zo({disk:e}){let[t,n]=h(!1),o=t?e:e.slice(0,ns);return a`<section class="panel" aria-label=${s("diskPerServer")}>
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
                <${Ve} icon=${je.value?.get(r)?.icon} /><a href=${`#/server/${r}/settings`}>${r}</a>
              </th>
              <td class="bar"><${mt} share=${i/l} /><span class="sr">${s("ofLimit",{limit:H(l)})}</span></td>
              <td class="num" title=${s("ofLimit",{limit:H(l)})}>${H(i)}</td>
            </tr>`)}
        </tbody>
      </table>`}
    ${e.length>o.length&&a`<p class="more">
        <button type="button" class="link" onClick=${()=>n(!0)}>${s("allServersN",{n:O(e.length)})}</button>
      </p>`}
  </section>`}function Yo({server:e,status:t,ports:n=[],runPorts:o}){let r=o??[],i=n.filter(l=>!r.some(({name:c,port:u})=>c===l.name&&u===l.port));return[...r.map(l=>({...l,server:e,status:t,isOpen:!0})),...i.map(l=>({...l,server:e,status:t,isOpen:!r.length&&fe(t)}))]}function Jo(){let[e,t]=h(""),[n,o]=h(!1),r=[...je.value?.values()??[]].flatMap(Yo).sort((c,u)=>c.port-u.port),i=r.filter(({port:c,server:u})=>`${c} ${u}`.includes(e.toLowerCase())),l=n?i:i.slice(0,ns);return a`<section class="panel" aria-label=${s("ports")}>
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
                  ><${ce} state=${c.isOpen?"running":Ie(c.status)?"stopped":"unknown"} />${s(c.isOpen?"portOpen":Ie(c.status)?"atRest":`state.${c.status}`)}</span
                >
              </td>
            </tr>`)}
        </tbody>
      </table>`}
    ${i.length>l.length&&a`<p class="more">
        <button type="button" class="link" onClick=${()=>o(!0)}>${s("allPorts",{n:O(i.length)})}</button>
      </p>`}
  </section>`}var Qo=({isGood:e,text:t})=>a`<span class=${e?"mk good":"mk warn"}><${k} name=${e?"circle-check":"triangle-alert"} />${t}</span>`;function Xo(e){let t=r=>e.includes(r),n=["memory","cpu","process"].filter(r=>t(`${r}-limit`)),o=t("uid-per-server")?s("ownUsers"):"";return[["isolationOf",t("isolation"),[t("isolation")?s("isOn"):s("cantHere"),o].filter(Boolean).join(", ")],["limitsOf",n.length>0,n.map(r=>s(`limit.${r}`)).join(", ")||s("cantHere")],["diskLimitOf",!1,s(t("disk-limit")?"watchedOnly":"cantHere")],["killOf",t("containment"),s(t("containment")?"endsAll":"mayEscape")]]}function er({status:e}){let[t]=I(l=>S("server_create_options",{},l),[]),{daemon:n}=e,o=Object.entries(e.servers).map(([l,c])=>`${O(c)} ${s(`state.${l}`)}`),r=t?.types.filter(({missing:l})=>!l.length).length,i=[["gamepanel",`${n.version}, ${s("processN",{n:n.pid})}`],[s("servers"),o.length?o.join(" \xB7 "):s("none")],t&&[s("games"),s("gamesReady",{n:O(t.types.length),ready:O(r)})],...Xo(K.value.features??[]).map(([l,c,u])=>[s(l),a`<${Qo} ...${{isGood:c,text:u}} />`])].filter(Boolean);return a`<section class="panel" aria-label=${s("versions")}>
    <h2>${s("versions")}</h2>
    <dl class="kv">
      ${i.map(([l,c])=>a`<div key=${l}>
          <dt>${l}</dt>
          <dd>${c}</dd>
        </div>`)}
    </dl>
  </section>`}var tr=5e3,os=100,nr=2;function sr(e){let[t,n]=h(null),[o,r]=h(null),[i,l]=h(0);return B(()=>{let c=new AbortController;return ee(async()=>{try{n(await S("player_list",{server:e},c.signal)),r(null)}catch(d){throw d.code&&r(d),d}},tr,c.signal),()=>c.abort()},[e,i]),[t,o,()=>l(c=>c+1)]}var rs={on:({online:e})=>e,seen:()=>!0};function as({id:e,status:t}){let[n,o,r]=sr(e),i=le(),[l,c]=h(""),[u,d]=h(null),[$,p]=h(os),[m,f]=h(null),g=n?.players??[],x=g.filter(rs.on),b=u??(x.length||!g.length?"on":"seen"),v=g.filter(w=>rs[b](w)&&ut(w.name,t?.type).toLowerCase().includes(l.toLowerCase())),C=[["on",a`<span class="n">${O(x.length)}</span> ${s("onNow")}`],["seen",a`<span class="n">${O(g.length)}</span> ${s("seenAll")}`]],y=i&&P(e,"command")&&fe(t?.status)?n?.actions??[]:[];return a`${t?a`<${es} status=${t} />`:a`<div class="graphs one waiting"></div>`}
    <div class="tab-head">
      <h2>${s("players")}</h2>
      <${ue} label=${s("showOnly")} value=${b} all=${C} change=${w=>d(w||b)} />
      <${Z} label=${s("searchName")} placeholder=${s("searchName")} value=${l} change=${c} />
    </div>
    <${j} text=${A(o)} />
    ${!n&&!o&&a`<p class="muted">${s("loading")}</p>`}
    ${n&&!v.length&&a`<${or} ...${{status:t,all:g,wanted:l}} />`}
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
            ${v.slice(0,$).map(w=>a`<${rr} key=${w.name} ...${{player:w,actions:y,ask:f,type:t?.type}} />`)}
          </tbody>
        </table>
      </div>`}
    ${v.length>$&&a`<p class="more"><button class="btn" onClick=${()=>p($+os)}>${s("showMore")}</button></p>`}
    ${m&&a`<${ar} ...${{id:e,...m,again:r}} close=${()=>f(null)} />`}`}function or({status:e,all:t,wanted:n}){if(n)return a`<p class="more">${s("noEntries")}</p>`;let o=e&&fe(e.status)&&e.players===null&&!t.length;return a`<${re}
    icon="users"
    title=${s(o?"playersUnknown":"nobodyOn")}
    text=${s(o?"playersUnknownWhy":"nobodyOnWhy")}
  />`}function rr({player:e,actions:t,ask:n,type:o}){let{online:r,since:i,lastSeen:l}=e,c=ut(e.name,o),u=we(),d=p=>({icon:"user",text:`${_(p.title)} \u2026`,act:()=>n({action:p,player:e.name,name:c})}),$=[{icon:"copy",text:s("copyName"),act:()=>Ze(c)},...t.length?["-"]:[],...t.map(d)];return a`<tr>
    <th scope="row">
      <span class="ava" aria-hidden="true">${[...c][0]?.toUpperCase()}</span><bdi class="player-name" title=${c}>${c}</bdi>
    </th>
    <td>
      <span class=${r?"on":"on muted"}
        ><${ce} state=${r?"running":"stopped"} />${s(r?"isOnline":"isAway")}</span
      >
    </td>
    <td class="num" title=${r&&i?oe(i):void 0}>${r&&i?Ue(u-i):a`<span class="none" role="img" aria-label=${s("none")}>–</span>`}</td>
    <td class="num hide-s" title=${oe(l)}>${r?s("now"):Qt(l,u)}</td>
    <td class="acts">
      <span class="hide-s"
        >${t.slice(0,nr).map(p=>a`<button
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
  </tr>`}function ar({id:e,action:t,player:n,name:o,again:r,close:i}){let[l,c]=h(null),[u,d]=h(!1),$=_(t.title);async function p(){if(!(u||J.value!==null)){d(!0);try{await S("player_action",{server:e,action:t.name,player:n}),R(s("actionDone",{action:$,name:o})),r(),i()}catch(f){c(f),d(!1)}}}let m=l?.problems?.[0]?xe(l.problems[0],"player"):A(l);return a`<${de} title=${s("actionAsk",{action:$,name:o})} close=${i}>
    <p>${s("actionAbout")}</p>
    <${j} text=${m} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${i}>${s("cancel")}</button>
      <button type="button" class=${u?"btn primary busy":"btn primary"} onClick=${p}>${$}</button>
    </div>
  <//>`}var is=["sun","mon","tue","wed","thu","fri","sat"],Y=[1,2,3,4,5,6,0],ir=6,kt=["emptied","crashed","given_up","hung","stopped","ready"],xt=["line","chat","player_joined","player_left"],yt=[["h",3600],["min",60],["s",1]];function he(e){let[,t,n]=/^(\d+) ?(h|min|s)$/i.exec(e.trim())??[];return n?t*yt.find(([o])=>o===n.toLowerCase())[1]:e.trim()}function me(e){let[t,n]=yt.find(([,o])=>e&&e%o===0)??yt[2];return`${e/n} ${t}`}var lr=e=>/^[0-7]$/.test(e)?Number(e):is.includes(e)?is.indexOf(e):NaN;function cr(e){let t=new Set(e==="*"?Y:[]);for(let n of e==="*"?[]:e.toLowerCase().split(",")){let[o,r=o,...i]=n.split("-").map(lr);if(i.length||!(o<=r))return null;for(let l=o;l<=r;l++)t.add(l%7)}return Y.filter(n=>t.has(n))}var ur=/^(\d+(?:,\d+)*) (\d+(?:,\d+)*) \* \* (\S+)$/,ls=e=>String(e).padStart(2,"0"),St=e=>[...new Set(e)].toSorted();function Pe({cron:e="",timezone:t="",within:n=0,event:o,after:r=0,pattern:i=""}){let l={kind:o?"event":"cron",days:Y,times:["04:00"],cron:e,timezone:t,within:me(n)};Object.assign(l,{event:o??"emptied",after:me(r),pattern:i});let[,c,u,d]=ur.exec(e.trim().replace(/\s+/g," "))??[],$=d&&cr(d),p=$?u.split(",").flatMap(m=>c.split(",").map(f=>`${ls(+m)}:${ls(+f)}`)):[];return!p.length||p.length>ir?l:{...l,kind:"time",days:$,times:St(p)}}var cs=e=>[0,1].map(t=>St(e.map(n=>Number(n.split(":")[t]))).toSorted((n,o)=>n-o));function De({kind:e,days:t,times:n}){if(e!=="time")return"";if(!t.length)return"noDays";if(!n.every(Boolean))return"noTime";let[o,r]=cs(n);return o.length*r.length===St(n).length?"":"unevenTimes"}function dr({days:e,times:t}){let[n,o]=cs(t),r=e.length===Y.length;return`${o} ${n} * * ${r?"*":Y.filter(i=>e.includes(i))}`}function Re(e){let{kind:t,cron:n,timezone:o,event:r,pattern:i}=e,[l,c]=[he(e.within),he(e.after)];if(t!=="event")return{cron:t==="cron"?n.trim():dr(e),...o&&{timezone:o},...l&&{within:l}};let u=xt.includes(r)&&(i||r==="line");return{event:r,...kt.includes(r)&&c&&{after:c},...u&&{pattern:i}}}function us(e){let t=e.replace(/\\.|\[[^\]]*\]/g,"_").replace(/^\(\?\w+\)/,"");for(;t!==(t=t.replace(/\([^()]*\)/,"_")););return t.split("|").some(n=>!n.startsWith("^"))}var Ce=()=>Intl.DateTimeFormat().resolvedOptions().timeZone,$r="1,2,3,4,5";function pr(e){let{kind:t,cron:n,days:o,times:r}=Pe(e);if(t==="time"&&o.length===Y.length)return s("dailyAt",{times:_e(r)});let i=String(o)===$r?`${ve(1)}\u2013${ve(5)}`:_e(o.map(ve));if(t==="time")return s("daysAt",{days:i,times:_e(r)});let[,l]=/^\*\/(\d+)( \*){4}$/.exec(n)??[];return l?s("everyMinutes",{n:l}):s("cronText",{cron:n})}var ps=e=>e?` ${s("quoted",{text:e})}`:"",Ot=e=>ie(`when.${e}`)?s(`when.${e}`):e;function mr(e){let{event:t,after:n,pattern:o,timezone:r}=e;return t?[Ot(t)+ps(o),n&&s("afterSpan",{n:me(n)})].filter(Boolean).join(", "):pr(e)+(r&&r!==Ce()?` (${r})`:"")}var ms=e=>[e].flat().filter(t=>t!=="always");function at({when:e,only:t}){let n=ms(t).map(o=>s(`only.${o}`));return[mr(e),n.length&&s("onlyIf",{words:_e(n)})].filter(Boolean).join(", ")}var Ct=["countdown","command","power","backup","update","wait"],it=e=>Ct.find(t=>t in e),ds={countdown:"command",command:"command",power:"power",backup:"backup",update:"settings"},Tt=(e,t)=>!ds[t]||P(e,ds[t]),At=(e,t)=>P(e,"settings")&&t.every(n=>Tt(e,it(n)));function Be(e){let t=it(e);return t==="countdown"?s("step.countdown",{n:me(e.countdown[0])}):t==="wait"?s("step.wait",{n:me(e.wait)}):t==="power"?s(`step.${e.power}`):t==="command"||t==="backup"?s(`step.${t}`)+ps(e[t]):s(`step.${t}`)}var fs={command:"",power:"restart",backup:"",update:!0,wait:"10 min",countdown:"10 min, 5 min, 1 min, 10 s",always:!1},hs=e=>({...fs,kind:e,...e==="countdown"&&{command:"say Restart in {time}"}});function fr(e){let t=it(e);return{...fs,...e,kind:t,...{wait:()=>({wait:me(e.wait)}),countdown:()=>({countdown:e.countdown.map(me).join(", ")})}[t]?.()}}var hr={wait:({wait:e})=>({wait:he(e)}),countdown:({countdown:e,command:t})=>({countdown:e.split(",").map(he),command:t})},br=e=>({...hr[e.kind]?.(e)??{[e.kind]:e[e.kind]},...e.always&&{always:!0}}),Et=({name:e,when:t,only:n,steps:o,enabled:r})=>({name:e,when:Pe({timezone:t.event&&Ce(),...t}),only:ms(n),steps:o.map(fr),enabled:r});function Nt({name:e,when:t,only:n,steps:o,enabled:r},i){let l={name:e.trim(),when:Re(t),only:n.length>1?n:n[0]??"always",steps:o.map(br),enabled:r};return Object.fromEntries(i.map(c=>[c,l[c]]))}var $s={power:"start",always:!0},bs={restart:[{cron:"0 4 * * *"},"running",[{countdown:[600,300,60,10],command:"say Restart in {time}"},{power:"restart"}]],backup:[{cron:"0 5 * * *",within:21600},"used",[{backup:"daily"}]],emptied:[{event:"emptied",after:300},"used",[{backup:"emptied"}]],update:[{cron:"*/30 * * * *"},["outdated","empty"],[{power:"stop"},{update:!0},$s]],still:[{cron:"0 5 * * *"},["running","used"],[{power:"stop"},{backup:"daily"},$s]]};function _t(e,{console:t}){let[n,o,r]=bs[e]??[{cron:"0 4 * * *"},"always",[]],i=r.filter(({command:l})=>l===void 0||t!=="none");return{name:e?s(`template.${e}`):"",when:n.cron?{...n,timezone:Ce()}:n,only:o,steps:i,enabled:!0}}function gs(e){let t={backup:K.value.features.includes("backups"),update:!!e.installed},n=o=>t[it(o)]!==!1;return Object.keys(bs).filter(o=>{let{steps:r}=_t(o,e);return r.every(n)&&At(e.server,r)})}var ws={countdown:"hourglass",command:"terminal",power:"rotate-cw",backup:"archive",update:"download",wait:"clock"},gr=["restart","stop","start","kill"],wr={countdown:{countdown:"countdownAt",command:"countdownSays"},command:{command:"command"},backup:{backup:"note"},wait:{wait:"howLong"}};function vs({id:e,status:t,draft:{steps:n},edit:o,wrong:r}){let i=W(null),l=W(null);ge(()=>{l.current&&(i.current.querySelector(l.current)??i.current).focus(),l.current=null},[n]);let c=(m,f)=>{l.current=f,o({steps:m})},u=(m,f)=>c(n.with(m,n[m+f]).with(m+f,n[m]),`[data-step="${m+f}"][data-by="${f}"]`),d=m=>c(n.toSpliced(m,1),`[data-step="${Math.min(m,n.length-2)}"][data-by="0"]`),$={backup:K.value.features.includes("backups"),command:t.console!=="none",countdown:t.console!=="none"},p=Ct.filter(m=>$[m]!==!1&&Tt(e,m)).map(m=>({icon:ws[m],text:s(`addStep.${m}`),act:()=>o({steps:[...n,hs(m)]})}));return a`<fieldset>
    <legend>${s("then")}</legend>
    <ol class="steps" ref=${i} tabindex="-1">
      ${n.map((m,f)=>a`<${vr} key=${f} ...${{step:m,n:f,wrong:r,move:u,remove:d}} isLast=${f===n.length-1} change=${g=>o({steps:n.with(f,{...m,...g})})} />`)}
    </ol>
    <${q} problem=${r("/steps",Object.keys(n))} />
    <${Se} label=${s("addStep")} css="btn" side="left" items=${p}><${k} name="plus" />${s("addStep")}<//>
  </fieldset>`}function vr({step:e,n:t,isLast:n,change:o,move:r,remove:i,wrong:l}){let c=wr[e.kind]??{},u=$=>`step-${t}-${$}`,d=($,p,m,f,g)=>a`<button class="btn icon" type="button" data-step=${t} data-by=${m} aria-label=${s($,{n:t+1})} title=${s($,{n:t+1})} aria-disabled=${f?"true":void 0} onClick=${()=>f||g()}><${k} name=${p} /></button>`;return a`<li>
    <span class="step-n">${t+1}</span><${k} name=${ws[e.kind]} />
    <b>${s(`addStep.${e.kind}`)}</b>
    <div class="step-b">
      ${e.kind==="power"&&a`<${X} label=${s("power")} value=${e.power} choices=${gr.map($=>[$,s($)])} change=${$=>o({power:$})} />`}
      ${Object.entries(c).map(([$,p])=>a`<${z} key=${$} id=${u($)} label=${s(p)} value=${e[$]} problem=${l(`/steps/${t}/${$}`)} hint=${kr(e,$)} change=${m=>o({[$]:m})} class=${$==="command"?"in mono":"in"} autocomplete="off" autocapitalize="none" spellcheck=${!1} />`)}
      <${q} problem=${l(`/steps/${t}`,Object.keys(c))} />
      <${G} id=${u("always")} label=${s("alwaysStep")} checked=${e.always} change=${$=>o({always:$})} />
    </div>
    <span class="step-a">
      ${d("stepUp","chevron-up",-1,t===0,()=>r(t,-1))} ${d("stepDown","chevron-down",1,n,()=>r(t,1))}
      ${d("stepAway","x",0,!1,()=>i(t))}
    </span>
  </li>`}function yr(e){let[t,n]=[["hour",3600],["minute",60]].find(([,r])=>e%r===0)??["",1],o=e/n;return t?`${o} ${t}${o>1?"s":""}`:`${e} seconds`}function kr({kind:e,countdown:t,command:n},o){if(o==="wait")return s("spanHint");if(o==="countdown")return s("countdownHint");if(e!=="countdown"||o!=="command")return"";let r=he(t.split(",")[0]);return s("gameReads",{line:n.replaceAll("{time}",yr(r)).replaceAll("{seconds}",r)})}var xr=4,Sr=300,Or={everyDay:Y,onWeekdays:[1,2,3,4,5],onWeekend:[6,0]},Cr=["running","stopped","empty","outdated","used"],Lt=["emptied","line","player_joined","player_left","chat","ready","stopped","crashed","given_up","hung","out_of_memory","update_available","job_done","job_failed"];function ys(e,t){let n=e.kind==="event"||De(e)?null:Re(e);return I(async r=>{if(!n)return null;await Kt(Sr,r);try{return await S("schedule_preview",{when:n,count:xr},r)}catch(i){if(i.code!=="bad_request")throw i;return{error:i}}},[JSON.stringify(n),t])[0]}var jt=({isOn:e,text:t,turn:n})=>a`<button type="button" aria-pressed=${String(e)} onClick=${n}>${t}</button>`,ks=(e,t)=>e.includes(t)?e.filter(n=>n!==t):[...e,t];function xs({draft:{when:e,only:t},edit:n,wrong:o,flaw:r,preview:i,problem:l}){let c=p=>n({when:{...e,...p}}),u=(p,m,f)=>a`<${z} id=${`when-${p}`} label=${s(m)} value=${e[p]} problem=${o(`/when/${p}`)} change=${g=>c({[p]:g})} autocomplete="off" spellcheck=${!1} ...${f} />`,d=p=>{let{days:m,times:f}=Pe({cron:e.cron});p==="cron"&&e.kind!=="cron"&&!De({...e,kind:"time"})?c({kind:p,cron:Re({...e,kind:"time"}).cron}):c(e.kind==="cron"?{kind:p,days:m,times:f}:{kind:p})},$={time:Tr,event:Ar,cron:()=>u("cron","cronFields",{hint:s("cronHint"),class:"in mono"})};return a`<fieldset>
    <legend>${s("when")}</legend>
    <div class="seg" role="group" aria-label=${s("when")}>
      ${Object.keys($).map(p=>a`<${jt} key=${p} isOn=${e.kind===p} text=${s(`whenKind.${p}`)} turn=${()=>e.kind!==p&&d(p)} />`)}
    </div>
    ${$[e.kind]({when:e,set:c,field:u,wrong:o,flaw:r})}
    ${e.kind!=="event"&&a`<${Er} ...${{when:e,set:c,wrong:o}} />`}
    <div class="when">
      <span>${s("onlyIfIs")}</span>
      <div class="days" role="group" aria-label=${s("onlyIfIs")}>
        ${Cr.map(p=>a`<${jt} key=${p} isOn=${t.includes(p)} text=${s(`onlyWord.${p}`)} turn=${()=>n({only:ks(t,p)})} />`)}
      </div>
    </div>
    <${q} problem=${l??o("/only")} />
    ${e.kind!=="event"&&a`${u("within","within",{hint:s("withinHint"),class:"in span"})}<${Nr} preview=${i} />`}
  </fieldset>`}function Tr({when:{days:e,times:t},set:n,flaw:o,wrong:r}){let i=o?s(o):r("/when/cron"),l=(c,u)=>n({times:t.map((d,$)=>$===c?u:d)});return a`<div class="when">
      <span>${s("onDays")}</span>
      <div class="days" role="group" aria-label=${s("daysOfWeek")}>
        ${Y.map(c=>a`<${jt} key=${c} isOn=${e.includes(c)} text=${ve(c)} turn=${()=>n({days:Y.filter(u=>ks(e,c).includes(u))})} />`)}
      </div>
      <span class="pre">${Object.entries(Or).map(([c,u])=>a`<button key=${c} class="link" type="button" onClick=${()=>n({days:Y.filter(d=>u.includes(d))})}>${s(c)}</button>`)}</span>
    </div>
    <div class=${i?"when field wrong":"when"}>
      <span>${s("atTimes")}</span>
      ${t.map((c,u)=>a`<span class="tm" key=${u}>
          <input class="in" type="time" aria-label=${s("timeN",{n:u+1})} aria-invalid=${i?"true":void 0} aria-describedby=${i?"when-times-error":void 0} value=${c} onInput=${d=>l(u,d.target.value)} />
          ${t.length>1&&a`<button class="btn icon" type="button" aria-label=${s("removeTime",{n:u+1})} title=${s("removeTime",{n:u+1})} onClick=${()=>n({times:t.filter((d,$)=>$!==u)})}><${k} name="x" /></button>`}
        </span>`)}
      <button class="btn small quiet" type="button" onClick=${()=>n({times:[...t,"16:00"]})}><${k} name="plus" />${s("anotherTime")}</button>
    </div>
    <${q} id="when-times-error" problem=${i} />`}function Ar({when:e,set:t,field:n,wrong:o}){let{event:r,pattern:i}=e,l=Lt.includes(r)?Lt:[r,...Lt],c=r==="line"&&i&&us(i);return a`<div class="when"><${X} label=${s("whenKind.event")} value=${r} choices=${l.map(u=>[u,Ot(u)])} change=${u=>t({event:u})} /></div>
    <${q} problem=${o("/when/event")} />
    ${xt.includes(r)&&n("pattern","pattern",{hint:s(r==="line"?"patternHint":"patternOther"),class:"in mono"})}
    ${c&&a`<p class="mk warn"><${k} name="triangle-alert" />${s("forgeable")}</p>`}
    ${kt.includes(r)&&n("after","afterLabel",{hint:s("afterHint"),class:"in span"})}`}function Er({when:e,set:t,wrong:n}){let o=[...new Set([e.timezone,Ce(),"UTC",...Intl.supportedValuesOf("timeZone")])].filter(Boolean);return a`<div class="when">
      <span>${s("inZone")}</span>
      <${X} label=${s("timeZone")} value=${e.timezone} choices=${[["",s("daemonZone")],...o.map(r=>[r,r])]} change=${r=>t({timezone:r})} />
    </div>
    <${q} problem=${n("/when/timezone")} />`}var Nr=({preview:e})=>a`<div class="preview">
    <b>${s("comesNext")}</b>
    <ol>${(e?.times??[]).map(t=>a`<li key=${t}>${ye(t)}</li>`)}</ol>
    <p class="hint">${s("yourZone",{zone:Ce()})}</p>
  </div>`;var Mt=5,_r=100,Lr={ok:["good","circle-check"],failed:["bad","circle-alert"],skipped:["","arrow-down"],cancelled:["","x"]};function It({at:e,result:t,detail:n,cause:o}){let[r,i]=Lr[t]??["","info"],l=[s(`ran.${t}`),_(n,o)].filter(Boolean).join(": ");return a`<span class=${`mk ${r}`} title=${oe(e)}><${k} name=${i} /><span>${ye(e)} · ${l}</span></span>`}var Pt=({run:e,steps:t})=>a`<span class="mk warn"
    ><${ce} state="starting" /><span>${s("atStep",{n:O(e.step+1),of:O(t.length),what:t[e.step]?Be(t[e.step]):""})}</span></span
  >`,Ss={not_integer:"spanHint",too_few_items:"stepsRule","/name":"nameRule"},Os=(e,t)=>JSON.stringify(e)===JSON.stringify(t),jr=(e,t)=>Object.keys(e).filter(n=>!Os(e[n],t[n]));function Mr(e){let[t,n]=h(null),o=Et(e),r={...o,...t?.values},i=jr(r,o);B(()=>{t&&!i.length&&n(null)});let l=i.some(u=>u in(t?.bases??{})&&!Os(t.bases[u],o[u]));return[r,i,l,u=>n({values:{...t?.values,...u},bases:{...o,...t?.bases}}),()=>n(null)]}function Cs({id:e,status:t,schedule:n,look:o}){let r=n.schedule,[i,l,c,u,d]=Mr(n),[$,p]=h(null),[m,f]=h(!1),[g,x]=h(!1),b=W(null),v=ys(i.when,n.nextAt);te(b,$);let C=At(e,n.steps),y=[...$?.problems??[],...v?.error?.problems??[]],w=(F,be=[])=>{let qt=(Ee,Fe)=>Ee.pointer===Fe||Ee.pointer.startsWith(`${Fe}/`),Ae=y.find(Ee=>qt(Ee,F)&&!be.some(Fe=>qt(Ee,`${F}/${Fe}`))),Ut=Ae&&(Ss[Ae.cause?.code]??Ss[Ae.pointer]);return Ut?s(Ut):Ae&&xe(Ae)},N=F=>{p(null),u(F)};async function D(F){if(!(m||J.value!==null)){f(!0);try{await F(),p(null)}catch(be){p(be),R(A(be))}x(!1),o(),f(!1)}}let E=De(i.when),L=E?s(E):r&&!l.length?s("nothingChanged"):"",T=F=>{F.preventDefault(),!L&&D(async()=>{if(!r)return ne(`/server/${e}/schedules/${(await S("schedule_create",{server:e,...Nt(i,Object.keys(i))})).schedule}`);let be=await S("schedule_update",{schedule:r,...Nt(i,l)});return u(Et(be)),R(s("saved"))})},M=()=>D(async()=>{await S("schedule_delete",{schedule:r}),ne(`/server/${e}/schedules`)}),U={when:["cron","timezone","within","event","after","pattern"]},Ht=$&&!["name","when","only","steps"].some(F=>w(`/${F}`)),Te={draft:i,wrong:w,edit:N};return a`<form class="form-card sch-form" ref=${b} onSubmit=${T} noValidate aria-labelledby="schedule-title">
    <div class="tab-head">
      <h2 id="schedule-title">${r?n.name:s("newSchedule")}</h2>
      ${r&&P(e,"settings")&&a`<${Ir} ...${{schedule:n,act:D,isMine:C,isChanged:l.length>0}} />`}
    </div>
    ${r&&n.run&&a`<${Pt} ...${n} />`}
    ${C?a`<${z} id="schedule-name" label=${s("name")} value=${i.name} problem=${w("/name")} change=${F=>N({name:F})} autocomplete="off" />
            <${xs} ...${Te} flaw=${E} preview=${v} problem=${w("/when",U.when)} />
            <${vs} ...${Te} id=${e} status=${t} />`:a`<${Pr} schedule=${n} isMissing=${P(e,"settings")} />`}
    <${j} text=${Ht&&A($)} />
    ${c&&a`<p class="was contested"><b>${s("othersSetSchedule")}</b></p>`}
    ${P(e,"settings")&&a`<div class="form-foot">
        ${C&&a`<${G} id="schedule-on" label=${s("scheduleOn")} checked=${i.enabled} change=${F=>N({enabled:F})} />`}
        <span class="con-space"></span>
        ${r&&a`<button class="btn quiet danger" type="button" onClick=${()=>x(!0)}>${s("delete")} …</button>`}
        ${r&&l.length>0&&a`<button class="btn quiet" type="button" onClick=${()=>d(p(null))}>${s("discard")}</button>`}
        ${C&&a`<button class=${`btn primary ${m?"busy":""}`} type="submit" aria-disabled=${L?"true":void 0} title=${L||void 0}>${s(r?"save":"create")}</button>`}
      </div>`}
    ${r&&a`<${Dr} schedule=${n} />`}
    ${g&&a`<${de} title=${s("deleteTitle",{name:n.name})} close=${()=>x(!1)}>
        <p>${s("deleteSchedule")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${()=>x(!1)}>${s("cancel")}</button>
          <button class="btn danger-fill" type="button" onClick=${M}>${s("deleteNow")}</button>
        </div>
      <//>`}
  </form>`}function Ir({schedule:{schedule:e,run:t},act:n,isMine:o,isChanged:r}){let i=o?r?s("saveFirst"):"":s("code.forbidden"),l=c=>n(()=>S(c,{schedule:e}));return t?a`<button class="btn" type="button" onClick=${()=>l("schedule_cancel")}><${k} name="x" />${s("cancelRun")}</button>`:a`<button class="btn" type="button" aria-disabled=${i?"true":void 0} title=${i||void 0} onClick=${()=>i||l("schedule_run")}>
    <${k} name="play" />${s("runNow")}
  </button>`}var Pr=({schedule:e,isMissing:t})=>a`<p>${at(e)}</p>
    <ol class="told">
      ${e.steps.map((n,o)=>a`<li key=${o}>${Be(n)}${n.always?`, ${s("alwaysToo")}`:""}</li>`)}
    </ol>
    ${t&&a`<p class="hint">${s("lacksStep")}</p>`}`;function Dr({schedule:{schedule:e,run:t,last:n,by:o}}){let[r,i]=h(Mt),[l]=I(u=>S("schedule_runs",{schedule:e,limit:r},u),[e,r,n?.at,t?.startedAt]),c=l?.runs??[];return a`<section class="runs">
    <h3>${s("lastRuns")}</h3>
    <p class="hint">${s("runsAs",{who:o})} ${l&&!c.length?s("noRuns"):""}</p>
    <ol>
      ${c.map(({run:u,startedAt:d,endedAt:$,result:p,trigger:m,...f})=>a`<li key=${u}>
          <${It} at=${d} result=${p??"now"} ...${f} />
          <span class="muted">${s(`trigger.${m}`)}${$!==null&&p!=="skipped"?` \xB7 ${Ne($-d)}`:""}</span>
        </li>`)}
    </ol>
    ${c.length===Mt&&r===Mt&&a`<button class="btn small" type="button" onClick=${()=>i(_r)}>${s("showMore")}</button>`}
  </section>`}var Rr=2e3;function Br({nextAt:e,when:t}){return e===null?t.event?s("whenItHappens"):"":`${ye(e)}, ${s("inTime",{n:Ue(Math.max(e-we(),0))})}`}function Ts({id:e,status:t}){let[,,,,n]=ae.value.path.split("/"),[o,r]=h(0),[i,l]=I(m=>S("schedule_list",{server:e},m),[e,o],Rr),c=()=>r(m=>m+1),u=i?.schedules;if(!u||!t)return a`<p class="muted">${l?A(l):s("loading")}</p>`;let $=n?.startsWith("new")&&P(e,"settings")?_t(n.slice(4),t):u.find(m=>String(m.schedule)===n),p=a`<a class="btn" href=${`#/server/${e}/schedules`}><${k} name="chevron-left" />${s("allSchedules")}</a>`;return n&&!$?a`<${re} icon="calendar-clock" title=${s("code.no_such_schedule")}>${p}<//>`:a`<div class=${n?"two-pane":""}>
    <${Fr} ...${{id:e,status:t,all:u,chosen:n}} />
    ${n&&a`<div><p class="back-line">${p}</p><${Cs} key=${n} ...${{id:e,status:t,schedule:$,look:c}} /></div>`}
  </div>`}function Fr({id:e,status:t,all:n,chosen:o}){let r=l=>`#/server/${e}/schedules/${l}`,i=gs(t);return a`<section class="sch-list" aria-labelledby="schedules-title">
    <div class="tab-head">
      <h2 id="schedules-title">${s("schedules")}</h2>
      ${P(e,"settings")&&a`<a class="btn primary" href=${r("new")}><${k} name="plus" />${s("new")}</a>`}
    </div>
    ${n.length?a`<ul>${n.map(l=>a`<${Wr} key=${l.schedule} ...${{schedule:l,to:r,isChosen:String(l.schedule)===o}} />`)}</ul>`:a`<${re} icon="calendar-clock" title=${s("noSchedules")} text=${s("noSchedulesHow")} />`}
    ${i.length>0&&a`<h3>${s("startFrom")}</h3>
        <div class="tpl">
          ${i.map(l=>a`<a key=${l} class="btn small" href=${r(`new-${l}`)}><${k} name="plus" />${s(`template.${l}`)}</a>`)}
        </div>`}
  </section>`}function Wr({schedule:e,to:t,isChosen:n}){let{name:o,enabled:r,steps:i,run:l,last:c}=e;return a`<li class=${[n&&"here",!r&&"paused"].filter(Boolean).join(" ")}>
    <a href=${t(e.schedule)} aria-current=${n?"true":void 0}>
      <b>${o}</b><span>${at(e)}</span><span class="muted">${i.map(Be).join(", ")}</span>
    </a>
    <span class="sch-r">
      ${l?a`<${Pt} run=${l} steps=${i} />`:r?a`<span class="num">${Br(e)}</span>`:a`<span class="tag">${s("paused")}</span>`}
      ${c&&a`<${It} ...${c} />`}
    </span>
  </li>`}function Hr({server:e,status:t}){return P(e,"destroy")?J.value!==null?s("awayWait"):Ie(t)?"":s("destroyStopped"):s("mayNotDestroy")}function Dt({status:e}){let[t,n]=h(!1),o=Hr(e);return a`<section class="set danger-zone" aria-labelledby="set-danger">
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
    ${t&&a`<${qr} status=${e} close=${()=>n(!1)} />`}
  </section>`}function qr({status:e,close:t}){let n=e.server,[o,r]=h(""),[i,l]=h(!1),[c,u]=h(null),[d,$]=h(!1),[p,m]=xn(e,s("beforeDestroy")),f=d||o!==n;async function g(){if(!f){$(!0);try{await m(()=>S("server_destroy",{server:n,deleteFiles:i})),t(),ne("/")}catch(b){u(b),$(!1)}}}let x=b=>{b.key==="Enter"&&(b.preventDefault(),g())};return a`<${de} title=${s("destroyTitle",{id:n})} close=${t}>
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
  <//>`}var Rt=new Me,As=new Me,Ur=5e3,lt=["description","tags","autostart"],Gr=e=>lt.includes(e)||e.startsWith("restart");function Kr({name:e,group:t,type:n}){return lt.includes(e)?"general":/^restart([A-Z]|$)/.test(e)?"afterCrash":/Limit$/.test(e)||e==="isolation"?"limits":e.startsWith("backup")?"backups":t?Wt.find(o=>s(`section.${o}`)===_(t))??_(t):n==="port"?"network":"game"}var Bt=["general","network","game"],Ft=["afterCrash","limits","backups"],zr=e=>Bt.includes(e)?Bt.indexOf(e):Ft.includes(e)?100+Ft.indexOf(e):50,Wt=[...Bt,...Ft];function Vr(e){let t=new Map;for(let n of e){let o=Kr(n),r=o==="limits"?{...n,advanced:!1}:n;t.set(o,[...t.get(o)??[],r])}return t.get("general")?.sort((n,o)=>lt.indexOf(n.name)-lt.indexOf(o.name)),[...t].map(([n,o])=>({id:`set-${n.replace(/\W+/g,"-")}`,title:Wt.includes(n)?s(`section.${n}`):He(n),about:Wt.includes(n)?s(`section.${n}.about`):"",place:zr(n),members:o})).sort((n,o)=>n.place-o.place)}function Es({id:e,status:t}){return P(e,"settings")?a`<${Jr} ...${{id:e,status:t}} />`:t&&a`<div class="sets"><${Dt} status=${t} /></div>`}function Zr({settings:e,before:t},n){let o=new Map(e.map(({name:i,value:l})=>[i,l])),r={...t};for(let{name:i,value:l}of n)o.has(i)&&o.get(i)!==l&&(r[i]??=o.get(i)),r[i]===l&&delete r[i];return r}function Yr(e){let[t,n]=h(null),[o,r]=h(null),i=W(0),l=async u=>{let d=i.current,{settings:$}=await S("server_settings",{server:e},u);return i.current===d&&n(p=>({settings:$,before:p?Zr(p,$):{}})),r(null),$};return B(()=>{let u=new AbortController;return ee(async()=>{try{await l(u.signal)}catch($){throw $.code&&r($),$}},Ur,u.signal),()=>u.abort()},[e]),[t,o,l,({settings:u})=>{i.current+=1,n({settings:u,before:{}})}]}function Jr({id:e,status:t}){let[n,o,r,i]=Yr(e),l=le(),[c,u]=h(null),[d,$]=h(Rt.get(e,{})),[p,m]=h(As.get(e,{})),[f,g]=h(null),x=W(null);te(x,f);let b=n?.settings,v=E=>{As.set(e,E),m(E)},C=E=>{let L=T=>b.find(M=>M.name===T)?.value;Object.keys(E).length?Rt.set(e,E):Rt.delete(e),$(E),v(Object.fromEntries(Object.keys(E).map(T=>[T,T in p?p[T]:L(T)])))},y=E=>v({...p,[E]:b.find(L=>L.name===E).value});B(()=>{let E=T=>T.name in d&&!Je(T,d[T.name]),L=(b??[]).filter(E).map(({name:T})=>[T,d[T]]);b&&L.length<Object.keys(d).length&&C(Object.fromEntries(L))},[b]);async function w(E){E.preventDefault();let L=Ye(b,d),T=Object.keys(L);if(!(!T.length||J.value!==null)){g(null);try{if((await r()).some(M=>Oe(M,p)&&!Je(M,d[M.name]))){R(s("decideFirst")),requestAnimationFrame(()=>x.current?.querySelector(".contested button")?.focus());return}i(await S("server_settings",{server:e,settings:L})),u({names:T}),C({}),R(s("saved"))}catch(M){g(M),R(A(M))}}}if(!b||!l)return a`<p class="muted">${o?A(o):s("loading")}</p>`;let N=Vr(b);return a`<div class="settings">
    <${ea} ...${{id:e,sections:N,isChanged:({members:E})=>E.some(({name:L})=>L in d)}} />
    <form class="sets" ref=${x} onSubmit=${w} noValidate>
      ${N.map(({id:E,title:L,about:T,members:M})=>a`<section class="set" aria-labelledby=${E} key=${E}>
          <div class="set-head">
            <h2 id=${E}>${L}</h2>
            <p class="muted">${T}</p>
          </div>
          <div class="set-body">
            <${Xe} ...${{properties:M,draft:d,setDraft:C,error:f,bases:p,keepMine:y,before:n.before,parent:"settings"}} />
          </div>
        </section>`)}
      ${t&&P(e,"destroy")&&a`<${Dt} status=${t} />`}
      ${Qe(f,"settings",b)&&a`<${j} text=${A(f)} />`}
      <${ta} ...${{properties:b,draft:d,bases:p,error:f,saved:c,status:t,form:x}} discard=${()=>C({})} done=${()=>u({...c,names:[]})} />
    </form>
  </div>`}var Qr=220;function Xr(e){let[t,n]=h(e[0]),o=e.join(" ");return B(()=>{let r=()=>{let i=e.filter(c=>document.getElementById(c)?.getBoundingClientRect().top<Qr),l=scrollY>0&&scrollY+innerHeight>=document.documentElement.scrollHeight-2;n(l?e.at(-1):i.at(-1)??e[0])};return r(),addEventListener("scroll",r,{passive:!0}),()=>removeEventListener("scroll",r)},[o]),t}function ea({id:e,sections:t,isChanged:n}){let o={id:"set-danger",title:s("dangerZone"),members:[]},r=P(e,"destroy")?[...t,o]:t,i=Xr(r.map(({id:c})=>c)),l=c=>u=>{u.preventDefault(),document.getElementById(c)?.scrollIntoView()};return a`<nav class="set-nav" aria-label=${s("sections")}>
    ${r.map(c=>a`<a
        key=${c.id}
        href=${`#${c.id}`}
        aria-current=${c.id===i?"true":void 0}
        onClick=${l(c.id)}
        >${c.title}${n(c)&&a`<span class="dot" title=${s("changed")}></span><span class="sr">, ${s("changed")}</span>`}</a
      >`)}
  </nav>`}function ta({properties:e,draft:t,bases:n,error:o,saved:r,status:i,form:l,discard:c,done:u}){dn(g=>{g.key!=="s"||!(g.ctrlKey||g.metaKey)||(g.preventDefault(),l.current.requestSubmit())});let d=e.filter(({name:g})=>g in t),$=d.filter(({name:g})=>V(o,"settings",g)).length,p=!d.length||J.value!==null;if(r?.names.length&&!d.length)return a`<${na} ...${{names:r.names,status:i,done:u}} />`;let m=d.filter(g=>Oe(g,n)).length,f=[d.map($e).join(", "),$>0&&se("toCorrect",$),m>0&&se("toDecide",m)];return a`<div class="savebar" role="region" aria-label=${s("changes")}>
    ${d.length>0&&a`<span class="dot"></span>`}
    <b>${d.length?se("nChanges",d.length):s("nothingChanged")}</b>
    <span class="muted hide-s">${f.filter(Boolean).join(" \xB7 ")}</span>
    <span class="con-space"></span>
    ${d.length>0&&a`<button class="btn quiet" type="button" onClick=${c}>${s("discard")}</button>`}
    <button class="btn primary" type="submit" aria-disabled=${p?"true":void 0}>
      ${s("save")} <kbd aria-hidden="true">${s("ctrl")} S</kbd>
    </button>
  </div>`}function na({names:e,status:t,done:n}){let o=e.filter($=>!Gr($)).length,r=o>0&&fe(t?.status),i=t?.players?.online??0,[l,c]=h(!1),u=()=>yn(ft,t.players)?c(!0):d(),d=async()=>{try{tn(t.server,(await S("server_restart",{server:t.server})).status),n()}catch($){R(A($))}};return a`<div class="savebar ok" role="region" aria-label=${s("changes")}>
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
    ${l&&a`<${kn} ...${{action:ft,id:t.server,players:t.players,act:d}} close=${()=>c(!1)} />`}
  </div>`}export{Pn as Account,fo as Activity,qn as Audit,Gn as Create,Go as Happened,ss as Host,Mn as People,as as Players,Ts as Schedules,Es as Settings,$e as titleOf};
