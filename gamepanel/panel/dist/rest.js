import{A as le,B as s,C as P,Ca as T,D as we,Da as ce,Db as Bt,E as Y,Ea as de,F as ke,G as x,H as j,Hb as Dt,I as xe,Ib as Ft,J as He,K as ut,L as ne,M as Oe,N as $t,Na as Ct,O as pt,Oa as Z,Pa as oe,Q as mt,Qa as V,R as fe,Ra as ue,Rb as Rt,S as A,Sa as H,T as Se,Ta as $e,Tb as It,U as J,Ua as X,V as Ce,Va as Ae,W as he,Wa as Te,Xa as pe,Ya as L,Z as ft,_ as ht,_a as Ue,a as m,aa as bt,ab as Ge,b as F,ba as R,bb as At,c as ve,ca as Q,cb as Tt,d as q,da as G,db as Ke,ea as gt,eb as Et,fa as qe,fb as Ve,g as a,gb as Nt,ha as be,ia as vt,ja as B,jb as Pt,kb as Lt,l as z,la as yt,lb as Ee,m as ye,ma as wt,mb as _t,nb as Ne,ob as Mt,p as C,pa as kt,pb as jt,q as it,qa as xt,qb as ze,rb as re,s as K,sb as ge,u as ae,v as U,vb as Ye,w as ie,wa as Ot,x as lt,xa as St,y as ct,z as dt}from"./first.js";var Ss=["integer","number","port"],Cs=({target:e})=>e.validity.badInput?s("noNumber"):e.value;function Wt({property:e,value:t,change:n,common:o,creating:r}){let{type:i,choices:l,maxLength:c}=e;if(i==="boolean")return a`<input
      type="checkbox"
      ...${o}
      checked=${!!t}
      onChange=${u=>n(u.target.checked)}
    />`;if(i==="password")return a`<${Ns} ...${{property:e,value:t,change:n,common:o,creating:r}} />`;if(l)return a`<${Es} ...${{property:e,value:t,change:n,common:o}} />`;let d={...o,class:"in",value:t??"",onInput:u=>n(Cs(u))};return i==="text"&&!As(e,t)?a`<textarea rows="4" maxlength=${c} ...${d}></textarea>`:Ss.includes(i)?a`<${Ts} ...${{property:e,text:d}} />`:a`<input type="text" autocomplete="off" maxlength=${c} ...${d} />`}var As=({name:e},t)=>e==="description"&&!String(t??"").includes(`
`);function Ts({property:{type:e,minimum:t,maximum:n,unit:o},text:r}){let i=a`<input
    type="number"
    inputmode="decimal"
    step=${e==="number"?"any":"1"}
    min=${t}
    max=${n}
    ...${r}
  />`;return o?a`<span class="unit">${i}<span>${we(o)}</span></span>`:i}function Es({property:e,value:t,change:n,common:o}){let{choices:r,required:i}=e,l=c=>r.find(d=>String(d)===c)??"";return a`<span class="select"
    ><select
      ...${o}
      value=${String(t??"")}
      onChange=${c=>n(l(c.target.value))}
    >
      ${!i&&a`<option value="">–</option>`}
      ${r.map(c=>a`<option key=${c} value=${String(c)}>${Se(e,c)}</option>`)}</select
    ><${T} name="chevron-down"
  /></span>`}function Ns({property:e,value:t,change:n,common:o,creating:r}){let i=t===null&&!r;return a`<${ue}
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
      >`}`}var Ps=["integer","number","port"];function Pe(e,t){let n={};for(let{name:o,type:r}of e)o in t&&(n[o]=qt(r,t[o]));return n}function qt(e,t){return t===""&&e!=="string"&&e!=="text"?null:Ps.includes(e)?Number.isFinite(Number(t))?Number(t):String(t):t}function Le({type:e,value:t},n){return e==="password"?!1:qt(e,n)===t||n===""&&t===null}var me=({name:e,type:t,value:n},o)=>t!=="password"&&e in o&&o[e]!==n;function I(e,t,n){let o=[`/${t}/${n}`,`/${n}`],r=e?.problems?.find(i=>o.includes(i.pointer));return r&&Ae(r,n)}var _e=(e,t,n)=>!!e&&!n.some(({name:o})=>I(e,t,o));function te(e,t){ve(()=>{t&&e.current?.querySelector('[aria-invalid="true"]')?.focus()},[t])}var Ut=(e,t,n)=>le(`field.${e}${t}`)?s(`field.${e}${t}`):n,ee=({name:e,title:t})=>Ut(e,"",P(t||e)),Ls=e=>/Limit$/.test(e)||e==="isolation";function _s({name:e,description:t,minimum:n,maximum:o,readonly:r,hint:i,maxLength:l,type:c},d){let u=le(`field.${e}.about`)?"":P(i??""),$=[Ut(e,".about",P(t)),u];if(c!=="port"&&n!==void 0&&o!==void 0?$.push(s("range",{min:x(n),max:x(o)})):c!=="port"&&n!==void 0?$.push(s("from",{min:x(n)})):c!=="port"&&o!==void 0&&$.push(s("upTo",{max:x(o)})),l!==void 0&&l<1e3){let p=s("nUsed",{n:x([...String(d??"")].length)});$.push(s("atMostLong",{n:x(l)})+(c==="password"?"":p))}return r&&$.push(s(Ls(e)?"onlyAdmins":"readonly")),Ms($.filter(Boolean))}var Ht=e=>/^\p{L}{2}|^\p{L} /u.test(e)?ke(e):e,Ms=e=>e.reduce((t,n)=>t?t.endsWith(".")?`${t} ${Ht(n)}`:`${t} \xB7 ${n}`:Ht(n),"");function Je(e){let{type:t,value:n,unit:o,choices:r}=e;return t==="boolean"?s(n?"on":"off"):n===null||n===""?s("nothing"):r?Se(e,n):typeof n=="string"?`\u201C${n}\u201D`:[n,we(o)].filter(Boolean).join(" ")}function js({property:e,bases:t,before:n,change:o,keepMine:r}){let{name:i}=e;return me(e,t)?a`<p class="was contested">
      <b>${s("othersSet",{value:Je(e)})}</b>${" "}
      <button type="button" class="link" onClick=${()=>o(void 0)}>
        ${s("takeTheirs")}<span class="sr"> ${ee(e)}</span>
      </button>${" \xB7 "}
      <button type="button" class="link" onClick=${()=>r(i)}>
        ${s("keepMine")}<span class="sr"> ${ee(e)}</span>
      </button>
    </p>`:i in n&&a`<p class="was">${s("othersChanged",{value:Je({...e,value:n[i]})})}</p>`}function Me({properties:e,...t}){let n=e.filter(({advanced:l})=>!l),o=e.filter(l=>l.advanced),r=o.some(l=>I(t.error,t.parent,l.name)||me(l,t.bases??{})),i=l=>a`<${Ds} key=${l.name} property=${l} ...${t} />`;return a`${n.map(i)}
    ${o.length>0&&a`<details class="adv wide" open=${r}>
        <summary>
          <${T} name="chevron-right" />${s("advanced")}
          <span class="muted">${o.map(ee).join(", ")}</span>
        </summary>
        <div class="grp">${o.map(i)}</div>
      </details>`}`}var Bs=e=>`field-${e}`;function Ds({property:e,draft:t,setDraft:n,error:o,parent:r,creating:i,bases:l={},before:c={},keepMine:d}){let{name:u,type:$,readonly:p,required:h,accept:y}=e,g=Bs(u),k=I(o,r,u),f=u in t&&!i,b=W=>{let{[u]:go,...at}=t,Os=W===void 0||Le(e,W);n(Os?at:{...at,[u]:W})},S=$==="password",w=u in t?t[u]:S?void 0:e.value,v=_s(e,w),N={id:g,disabled:p&&!i,"aria-describedby":[k&&`${g}-error`,v&&`${g}-hint`].filter(Boolean).join(" ")||void 0,"aria-invalid":k?"true":void 0},D=$==="boolean",E=h&&e.value===null&&!D,_=a`<label for=${g}>${ee(e)}${E&&a` <span class="muted">${s("required")}</span>`}</label>`,O=a`<${Wt} ...${{property:e,value:w,change:b,common:N,creating:i}} />`;return a`<div class=${["field",D&&"check",$==="text"&&"wide",f&&"changed",k&&"wrong"].filter(Boolean).join(" ")}>
    ${D?a`${O}${_}`:a`${_}${O}`}
    <${Z} id=${`${g}-error`} problem=${k} />
    <${js} ...${{property:e,bases:l,before:c,change:b,keepMine:d}} />
    ${f&&!S&&!me(e,l)&&a`<p class="was">
        ${s("was",{value:Je(e)})}${" "}
        <button type="button" class="link" onClick=${()=>b(void 0)}>
          ${s("undo")}<span class="sr"> ${ee(e)}</span>
        </button>
      </p>`}
    ${(v||y)&&a`<p class="hint" id=${`${g}-hint`}>
        ${v} ${y&&a`<a href=${y} target="_blank" rel="noopener noreferrer">${y}</a>`}
      </p>`}
  </div>`}var Gt=["command","power","settings","destroy","files","backup"],Kt={username:"",password:"",admin:!1,create:!1,disabled:!1},Fs=(e,t)=>["password","admin","create","disabled","servers"].filter(n=>JSON.stringify(e[n]??"")!==JSON.stringify(t[n]??Kt[n]??"")).length;function Vt({user:e,hint:t,done:n,close:o}){let r={...Kt,external:J.value.auth==="url",...e},[i,l]=m(r),[c,d]=m(null),[u,$]=m(!1),p=q(null);te(p,c),ve(()=>{p.current.querySelector(e.isNew?"#person-name":"input").focus({preventScroll:!0}),p.current.getBoundingClientRect().top>innerHeight/2&&p.current.scrollIntoView()},[]);let h=Fs(i,r),y=e.isNew?!i.username:!h;async function g(w,v){try{await C(w,v),B(s("saved")),n()}catch(N){$(!1),d(N),B(A(N))}}function k(w){if(w.preventDefault(),y)return;let{username:v,password:N,admin:D,create:E,disabled:_,external:O,servers:M}=i,W={username:v,admin:D,create:E,servers:M};N&&(W.password=N),e.isNew?g("user_create",{...W,external:O}):g("user_update",{...W,disabled:_})}let f=w=>v=>l({...i,[w]:v}),b=w=>I(c,"",w),S=c&&!b("username")&&!b("password");return a`<form class="form-card" ref=${p} onSubmit=${k} noValidate aria-labelledby="person-title">
    <div class="tab-head">
      <h2 id="person-title">${e.isNew?s("newUser"):e.username}</h2>
      <button class="btn icon" type="button" aria-label=${s("close")} title=${s("close")} onClick=${o}>
        <${T} name="x" />
      </button>
    </div>
    ${e.isNew&&a`<${oe} id="person-name" label=${s("userName")} value=${i.username} problem=${b("username")} hint=${s("rule.username")} change=${f("username")} autocapitalize="none" autocomplete="off" />`}
    ${!i.external&&a`<${Rs} ...${{user:e,draft:i,hint:t}} problem=${b("password")} change=${f("password")} />`}
    <${V} id="person-admin" label=${s("adminBox")} checked=${i.admin} hint=${s("adminHint")} change=${f("admin")} />
    <${V} id="person-create" label=${s("mayCreate")} checked=${i.create} hint=${s("createHint")} change=${f("create")} />
    ${e.isNew?a`<${V} id="person-external" label=${s("externalBox")} checked=${i.external} change=${f("external")} />`:a`<${V} id="person-in" label=${s("mayLogIn")} checked=${!i.disabled} change=${w=>f("disabled")(!w)} />`}
    ${!i.admin&&a`<${Is} servers=${i.servers} change=${f("servers")} />`}
    ${S&&a`<${L} text=${A(c)} />`}
    <div class="form-foot">
      ${!e.isNew&&a`<button class="btn quiet danger" type="button" onClick=${()=>$(!0)}>${s("delete")} …</button>`}
      <span class="con-space"></span>
      <span class="muted">${!e.isNew&&(h?Y("nChanges",h):s("nothingChanged"))}</span>
      <button class="btn quiet" type="button" onClick=${o}>${s("discard")}</button>
      <button class="btn primary" type="submit" aria-disabled=${y?"true":void 0}>${s("save")}</button>
    </div>
    ${u&&a`<${pe} title=${s("deleteTitle",{name:e.username})} close=${()=>$(!1)}>
        <p>${s("deleteAbout")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${()=>$(!1)}>${s("cancel")}</button>
          <button class="btn danger-fill" type="button" onClick=${()=>g("user_delete",{username:e.username})}>
            ${s("deleteNow")}
          </button>
        </div>
      <//>`}
  </form>`}var Rs=({user:e,draft:t,hint:n,problem:o,change:r})=>a`<div class=${o?"field wrong":"field"}>
    <label for="person-password">${s(e.isNew?"password":"newPassword")}</label>
    <${ue}
      id="person-password"
      autocomplete="new-password"
      value=${t.password}
      aria-invalid=${o?"true":void 0}
      aria-describedby=${o?"person-password-error person-password-hint":"person-password-hint"}
      onInput=${i=>r(i.target.value)}
    />
    <${Z} id="person-password-error" problem=${o} />
    <p class="hint" id="person-password-hint">${n} ${!e.isNew&&s("keepPassword")}</p>
  </div>`;function Is({servers:e,change:t}){let[n]=R(d=>C("server_list",{},d),[]),o=n?.servers.map(({server:d})=>d)??[],r=Object.keys(e).toSorted(),i=o.filter(d=>!r.includes(d));function l(d,u,$){let p=new Set(["view",...e[d]]);$?p.add(u):p.delete(u),t({...e,[d]:[...p]})}let c=d=>{let{[d]:u,...$}=e;t($)};return a`<fieldset>
    <legend>${s("rightsByServer")}</legend>
    ${r.length>0&&a`<div class="scroll" tabindex="0" role="group" aria-label=${s("rightsByServer")}>
        <table class="plain rights">
          <thead>
            <tr>
              <th scope="col">${s("server")}</th>
              ${Gt.map(d=>a`<th scope="col" key=${d}>${s(`right.${d}`)}</th>`)}
              <th scope="col"><span class="sr">${s("takeAway")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${r.map(d=>a`<tr key=${d}>
                <th scope="row">${d}</th>
                ${Gt.map(u=>a`<td key=${u}>
                    <input
                      type="checkbox"
                      aria-label=${`${d}: ${s(`right.${u}`)}`}
                      checked=${e[d].includes(u)}
                      onChange=${$=>l(d,u,$.target.checked)}
                    />
                  </td>`)}
                <td>
                  <button class="btn icon" type="button" aria-label=${s("takeAwayOf",{id:d})} title=${s("takeAwayOf",{id:d})} onClick=${()=>c(d)}>
                    <${T} name="x" />
                  </button>
                </td>
              </tr>`)}
          </tbody>
        </table>
      </div>`}
    <p class="hint">${s("seesIt")}</p>
    ${(!n||i.length>0)&&a`<${$e}
        label=${s("addServer")}
        value=""
        choices=${[["",s("addServer")],...i.map(d=>[d,d])]}
        change=${d=>d&&t({...e,[d]:["view"]})}
      />`}
  </fieldset>`}function je(){let e=J.value.auth==="password",[t,n]=R(async()=>e?it("login_info"):null,[]);return!e||n?"":t&&s("passwordRule",{n:x(t.passwordPolicy.minLength)})}var Ws={isNew:!0,username:"",servers:{}};function Yt(){let[e,t]=m(0),[n,o]=m(!1),[r,i]=R(f=>C("user_list",{},f),[e]),{q:l="",kind:c="",who:d=""}=ae.value.query,u=je(),$=r?.users??[],p=$.filter(f=>zt[c](f)&&qs(f).includes(l.toLowerCase())),h=n?Ws:$.find(({username:f})=>f===d),y=()=>{o(!1),U({who:""})},g=()=>{y(),t(e+1)},k=[["",a`<span class="n">${x($.length)}</span> ${s("all")}`],...["admins","off"].map(f=>[f,$.filter(zt[f]).length]).filter(([f,b])=>b||f===c).map(([f,b])=>[f,a`<span class="n">${x(b)}</span> ${s(Hs[f](b))}`])];return a`<div class="page-head">
      <h1>${s("people")}</h1>
      <div class="page-acts">
        <a class="btn only-s" href="#/audit"><${T} name="scroll-text" />${s("audit")}</a>
        <button class="btn primary" type="button" onClick=${()=>o(!0)}><${T} name="plus" />${s("newUser")}</button>
      </div>
    </div>
    <div class="filters">
      <${H} label=${s("filterPeople")} placeholder=${s("filterPeople")} value=${l} change=${f=>U({q:f})} />
      <${X} label=${s("showOnly")} value=${c} all=${k} change=${f=>U({kind:f})} />
    </div>
    <${L} text=${A(i)} />
    <div class=${h?"people-grid":""}>
      <${Us} ...${{shown:p,who:n?"":d}} edit=${f=>{o(!1),U({who:f})}} />
      ${h&&(n||u!==null)&&a`<${Vt} key=${h.username} ...${{user:h,hint:u,done:g,close:y}} />`}
    </div>`}var Hs={admins:e=>e===1?"admins.one":"admins",off:()=>"disabledOnes"},zt={"":()=>!0,admins:({admin:e})=>e,off:({disabled:e})=>e},qs=({username:e,servers:t})=>[e,...Object.keys(t)].join(" ").toLowerCase(),Us=({shown:e,who:t,edit:n})=>a`<div class="table-wrap">
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
              <${Ks} user=${o} />
            </th>
            <td title=${Be(o)}>${zs(o)}</td>
            <td class="acts"><${Te} label=${s("moreFor",{id:r})} items=${Gs(r,n)} /></td>
          </tr>`})}
      </tbody>
    </table>
  </div>`,Gs=(e,t)=>[{icon:"settings",text:s("edit"),act:()=>t(e)},{icon:"scroll-text",text:s("whatTheyDid"),act:()=>ie(`/audit?who=${encodeURIComponent(e)}`)}],Ks=({user:e})=>["admin","disabled","external"].filter(t=>e[t]).map(t=>a` <span key=${t} class=${t==="admin"?"tag acc":"tag"}>${s(t)}</span>`),Vs=4;function zs({admin:e,create:t,servers:n}){let o=Object.keys(n);if(e||!o.length)return Be({admin:e,create:t,servers:n});let r=new Set(o.map(c=>Jt(n[c]))),i=o.length<Vs?o.join(", "):Y("nServers",o.length),l=r.size===1?`${i}: ${[...r][0]}`:i;return[t&&s("mayCreate"),l].filter(Boolean).join(" \xB7 ")}function Jt(e){let t=e.filter(n=>n!=="view");return(t.length?t:e).map(n=>s(`right.${n}`)).join(", ")}function Be({admin:e,create:t,servers:n}){if(e)return s("everything");let o=Object.entries(n).map(([r,i])=>`${r}: ${Jt(i)}`);return[t&&s("mayCreate"),...o].filter(Boolean).join(" \xB7 ")||s("nothing")}function Qt(){return a`<div class="page-head">
      <h1>${Ce.value.username}</h1>
      ${!qe()&&a`<div class="page-acts">
          <button class="btn" type="button" onClick=${vt}><${T} name="log-out" />${s("logout")}</button>
        </div>`}
    </div>
    <${Js} />
    ${!qe()&&a`<${Qe} name="mayDo" about=${s("mayDo.about")}><p class="wide">${Be(Ce.value)}</p><//>`}
    ${J.value.auth==="password"&&a`<${Qs} />`}`}var Qe=({name:e,about:t,children:n})=>a`<section class="set" aria-labelledby=${`account-${e}`}>
    <div class="set-head">
      <h2 id=${`account-${e}`}>${s(e)}</h2>
      <p class="muted">${t}</p>
    </div>
    <div class="set-body">${n}</div>
  </section>`,Ys=[["dark","moon"],["light","sun"],["",null]];function Js(){let e=async t=>{let n=t&&await globalThis.Notification?.requestPermission()==="granted";xt(n),!(!t||n)&&(document.getElementById("account-tells").checked=!1,B(s("notAllowedToTell")))};return a`<${Qe} name="looks" about=${s("onThisDevice")}>
    <div class="field">
      <span class="lab" aria-hidden="true">${s("theme")}</span>
      <div class="seg" role="group" aria-label=${s("theme")}>
        ${Ys.map(([t,n])=>a`<button key=${t} type="button" aria-pressed=${String(yt.value===t)} onClick=${()=>wt(t)}>
              ${n&&a`<${T} name=${n} />`}${s(`theme.${t||"system"}`)}
            </button>`)}
      </div>
    </div>
    <div class="field">
      <span class="lab" aria-hidden="true">${s("language")}</span>
      <${$e} label=${s("language")} value=${ct} choices=${Object.entries(lt)} change=${dt} />
    </div>
    <${V} id="account-tells" label=${s("tellMe")} checked=${kt.value} hint=${s("tellHint")} change=${e} />
    <${V} id="account-letters" label=${s("useLetters")} checked=${Ot.value} hint=${s("lettersHint")} change=${St} />
  <//>`}function Qs(){let[e,t]=m(""),[n,o]=m(""),[r,i]=m(null),[l,c]=m(!1),d=q(null),u=je();te(d,r);async function $(g){g.preventDefault(),c(!1),i(null);try{await C("password_change",{oldPassword:e,password:n}),t(""),o(""),c(!0),B(s("passwordChanged"))}catch(k){i(k),B(A(k))}}let p=r?.code==="invalid_credentials"?s("wrongOld"):void 0,h=I(r,"","password"),y=(g,k,f,b,S,w)=>{let v=`account-${g}`;return a`<div class=${S?"field wrong":"field"}>
      <label for=${v}>${s(g)}</label>
      <${ue}
        ...${{id:v,autocomplete:k,value:f,required:!0}}
        aria-invalid=${S?"true":void 0}
        aria-describedby=${[S&&`${v}-error`,w&&`${v}-hint`].filter(Boolean).join(" ")||void 0}
        onInput=${N=>b(N.target.value)}
      />
      <${Z} id=${`${v}-error`} problem=${S} />
      ${w&&a`<p class="hint" id=${`${v}-hint`}>${w}</p>`}
    </div>`};return u===null?null:a`<form ref=${d} onSubmit=${$} noValidate>
    <${Qe} name="password" about=${s("passwordAbout")}>
      <input type="hidden" name="username" autocomplete="username" value=${Ce.value.username} />
      ${y("oldPassword","current-password",e,t,p)}
      ${y("newPassword","new-password",n,o,h,u)}
      ${!h&&!p&&a`<${L} text=${A(r)} />`}
      ${l&&a`<p class="good wide">${s("passwordChanged")}</p>`}
      <div class="wide"><button class="btn primary" type="submit">${s("changePassword")}</button></div>
    <//>
  </form>`}var Zs=25,Zt=200,Xs=2e3;function en(e,t,n,o,r){return K(async()=>{let i=e.newest===null,l=i?{limit:Ge}:{after:e.newest,limit:Zt,wait:Ve()?Zs:0},c=Nt(r),d;try{d=await C("event_list",{...t,...l},c.signal)}catch($){if(c.signal.aborted&&!r.aborted)return!0;throw $}finally{c.end()}let u=i||d.events.length>0||d.newest<e.newest;return e.take(d,n()),u&&o(),i||d.events.length===Zt||Ve()},Xs,r)}var tn=e=>e!==null&&(e.getBoundingClientRect().top<0||e.querySelector("a:hover, a:focus")!==null);function Ze({server:e}){let[t,n]=m(""),[o,r]=m(""),i=[["",s("all")],...Object.keys(Ke).map(l=>[l,s(`kind.${l}`)])];return a`<div class="tab-head">
      ${e&&a`<h2>${s("events")}</h2>`}
      <${X} label=${s("showOnly")} value=${t} all=${i} change=${n} />
      <${H} label=${s("searchEvents")} placeholder=${s("searchEvents")} value=${o} change=${r} />
    </div>
    <${nn} key=${t} ...${{server:e,kind:t,wanted:o}} />`}var Xt=e=>Et(e,he.value?.get(e.server)?.type);function sn(e,t){if(!t)return!0;let{text:n,more:o}=Xt(e);return[e.server,n,o].join(" ").toLowerCase().includes(t.toLowerCase())}function nn({server:e,kind:t,wanted:n}){let o={...e?{server:e}:{},...t?{kinds:Ke[t]}:{}},[r]=m(()=>new Tt),[,i]=m(0),[l,c]=m(null),[d,u]=m(!1),$=q(null),p=()=>i(v=>v+1);F(()=>{let v=new AbortController;return en(r,o,()=>tn($.current),p,v.signal),()=>v.abort()},[]);function h(){r.show(),p(),$.current.focus({preventScroll:!0}),$.current.getBoundingClientRect().top<0&&$.current.scrollIntoView()}async function y(){if(!d){u(!0);try{await r.bringOlder((v,N)=>C("event_list",{...o,after:v,limit:N})),c(null)}catch(v){c(v)}u(!1)}}let{fresh:g,isAll:k,isFull:f,newest:b}=r,S=r.shown.filter(v=>sn(v,n)),w=!!n&&b!==null&&S.length<Ge&&!k&&!f&&!l;return F(()=>{w&&!d&&y()},[w,d]),a`<div class="fresher">
      ${g.length>0&&a`<button class="btn primary" onClick=${h}>
        ${s(g.length===1?"newEvent":"newEvents",{n:g.length})}
      </button>`}
    </div>
    <div class="events" tabindex="0" role="region" aria-label=${s("activity")} ref=${$}>
      ${b===null&&a`<p class="muted">${s("loading")}</p>`}
      ${b!==null&&!S.length&&a`<p class="muted">${s(w?"searching":n?"noEntries":"noEvents")}</p>`}
      ${on(S).map(({day:v,events:N})=>a`<${e?"h3":"h2"} key=${v} class="day">${v}<//>
          <ol key=${`${v} list`}>
            ${N.map(D=>a`<${ln} key=${D.event} event=${D} isNamed=${!e} />`)}
          </ol>`)}
      <${L} text=${A(l)} />
      ${f&&a`<p class="muted">${s("noMoreEvents",{n:At})}</p>`}
      ${S.length>0&&!k&&!f&&a`<p class="more">
          <button class="btn" aria-disabled=${d||void 0} onClick=${y}>${s("showOlder")}</button>
        </p>`}
    </div>`}function on(e){let t=[];for(let n of e){let o=fe(n.at);t.at(-1)?.day===o?t.at(-1).events.push(n):t.push({day:o,events:[n]})}return t}var rn=({icon:e,state:t})=>t?a`<${ce} state=${t} />`:a`<${T} name=${e} />`;function an({job:e}){let[t,n]=m(!1);return a`<details class="job-output" onToggle=${({target:o})=>n(o.open)}>
    <summary>${s("jobOutput")}</summary>
    ${t&&a`<${Lt} job=${e} isOver />`}
  </details>`}function ln({event:e,isNamed:t}){let n=e.kind.startsWith("job_")&&Pt.includes(e.data.kind)&&G(e.server,"view"),{text:o,who:r,more:i,picture:l,tone:c}=Xt(e);return a`<li>
    <time dateTime=${new Date(e.at*1e3).toISOString()} title=${ne(e.at)}>${Oe(e.at)}</time>
    <span class=${`ev-ic ${c}`}><${rn} ...${l} /></span>
    <span class="ev-t">
      ${t&&e.server&&a`<a href=${`#/server/${e.server}/activity`}>${e.server}</a> `}
      <bdi>${r&&a`<b>${r}</b>`}${o.slice(r.length)}</bdi> ${i&&a`<span class="muted"><bdi>${i}</bdi></span>`}
      ${n&&a`<${an} job=${e.data.job} />`}
    </span>
  </li>`}var cn=()=>a`<div class="page-head"><h1>${s("activity")}</h1></div>
    <${Ze} />`,dn=cn;var se=50,es=500,un=1e4;function ss({action:e,result:t}){return le(`did.${e}`)?t==="ok"?s(`did.${e}`):s("tried",{what:s(`verb.${e}`)}):e}function ns({result:e}){if(e==="ok")return s("done");let t=[`result.${e}`,`code.${e}`].find(le);return t?s(t):e.replaceAll("_"," ")}var $n=e=>[e.username??s("unknown"),ss(e),e.server,e.target,ns(e),e.address].join(" ").toLowerCase();function os(){let[e,t]=R(O=>C("audit_log",{limit:se},O),[]),[n,o]=m([]),[r,i]=m(!1),[l,c]=m(null),{q:d="",who:u="",server:$="",result:p=""}=ae.value.query,h={text:d,who:u,server:$,result:p},[y,g]=m(!1),[k,f]=m(se),b=[...e?.entries??[],...n];async function S(O=se){if(!y){g(!0);try{let M=b.at(-1).id,W=await C("audit_log",{before:M,limit:O});o([...n,...W.entries]),i(W.entries.length<O),c(null)}catch(M){c(M)}g(!1)}}let w=e?.entries.length===se&&!r,v=Object.values(h).some(Boolean),N=b.filter(O=>pn(O,h)),D=v&&w&&!l&&N.length<k&&b.length<un;F(()=>{D&&!y&&S(es)},[D,y]);let E=()=>{y||(f(k+se),N.length<k+se&&w&&S(v?es:se))},_=O=>{let{text:M,...W}=O;U({q:M,...W}),f(se)};return a`<div class="page-head">
      <h1>${s("whatPeopleDid")}</h1>
      <div class="page-acts">
        <button class="btn" type="button" onClick=${()=>bn(N)}><${T} name="download" />${s("download")}</button>
      </div>
    </div>
    <${mn} ...${{entries:b,wanted:h,setWanted:_}} />
    <${L} text=${A(l??t)} />
    <div class="table-wrap">
      <table class="plain audit-t">
        <caption class="sr">${s("whatPeopleDid")}</caption>
        <thead>
          <tr>
            ${["when","who","did","server","what","result","where"].map(O=>a`<th key=${O} scope="col" class=${O==="when"?"num l":O==="where"?"hide-s":""}>${s(O)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${fn(N.slice(0,k))}
        </tbody>
      </table>
    </div>
    ${e&&!N.length&&a`<p class="more">${s(D?"searching":"noEntries")}</p>`}
    ${v&&a`<p class="more muted">${s("lookedThrough",{n:x(b.length)})}</p>`}
    ${(w||N.length>k)&&a`<p class="more">
        <button class="btn" aria-disabled=${y?"true":void 0} onClick=${E}>
          ${s("older")}
        </button>
      </p>`}`}function pn(e,{text:t,who:n,server:o,result:r}){return $n(e).includes(t.toLowerCase())&&(!n||e.username===n)&&(!o||e.server===o)&&(!r||e.result==="ok"==(r==="ok"))}function mn({entries:e,wanted:t,setWanted:n}){let o=l=>c=>n({...t,[l]:c}),r=l=>[...new Set(e.map(c=>c[l]).filter(Boolean))].sort(),i=(l,c,d)=>a`<${$e} label=${s(l)} value=${t[l]} choices=${[["",c],...d]} change=${o(l)} />`;return a`<div class="filters">
    <${H} label=${s("filterAudit")} placeholder=${s("filterAudit")} value=${t.text} change=${o("text")} />
    ${i("who",s("everyone"),r("username").map(l=>[l,l]))}
    ${i("server",s("allServers"),r("server").map(l=>[l,l]))}
    ${i("result",s("anyResult"),[["ok",s("done")],["no",s("refusedOnes")]])}
  </div>`}function fn(e){let t=null;return e.flatMap(n=>{let o=fe(n.at)!==t;t=fe(n.at);let r=a`<tr class="day" key=${t}><th colspan="7" scope="rowgroup">${t}</th></tr>`,i=a`<${hn} key=${n.id} entry=${n} />`;return o?[r,i]:[i]})}var ts=()=>a`<span class="none">–</span>`;function hn({entry:e}){let{at:t,username:n,address:o,action:r,server:i,target:l,result:c}=e,d=c==="ok",u=r==="server_cmd"?a`<code>${l}</code>`:l;return a`<tr>
    <td class="num l" title=${ne(t)}>${Oe(t)}</td>
    <th scope="row">${n??s("unknown")}</th>
    <td>${ss(e)}</td>
    <td>${i?a`<a href=${`#/server/${i}/console`}>${i}</a>`:ts()}</td>
    <td class="what">${l?u:ts()}</td>
    <td>
      <span class=${d?"mk good":"mk bad"}><${T} name=${d?"circle-check":"circle-x"} />${ns(e)}</span>
    </td>
    <td class="hide-s mono">${o}</td>
  </tr>`}function bn(e){let t=l=>`"${String(l??"").replace(/^[=+\-@]/,"'$&").replaceAll('"','""')}"`,n=["id","at","username","address","action","server","target","result"],o=e.map(l=>n.map(c=>t(c==="at"?new Date(l.at*1e3).toISOString():l[c])).join(",")),r=[n.join(","),...o].join(`\r
`),i=URL.createObjectURL(new Blob([r],{type:"text/csv"}));Object.assign(document.createElement("a"),{href:i,download:"audit.csv"}).click(),URL.revokeObjectURL(i)}var gn=9,vn=({type:e,title:t,description:n,tags:o=[]})=>[e,t,n,P(t),P(n),...o,...o.map(P)].join(" ").toLowerCase();function yn(e){let t=new Map;for(let n of e.flatMap(({tags:o=[]})=>o))t.set(n,(t.get(n)??0)+1);return[...t].sort(([n,o],[r,i])=>i-o||n.localeCompare(r))}function rs(){let[e,t]=R(h=>C("server_create_options",{},h),[]),n=Q()?e:null,[o,r]=m(!1),{q:i="",tag:l=""}=ae.value.query,c=(n?.types??[]).toSorted((h,y)=>h.missing.length-y.missing.length),d=c.filter(h=>(!l||h.tags?.includes(l))&&(!o||!h.missing.length)&&vn(h).includes(i.toLowerCase())),u=yn(c).filter(([h],y)=>y<gn||h===l),$=[["",a`<span class="n">${x(c.length)}</span> ${s("all")}`],...u.map(([h,y])=>[h,a`<span class="n">${x(y)}</span> ${P(h)}`])],p=s("searchGames",{n:x(c.length)});return a`<div class="page-head"><h1>${s("newServer")}</h1></div>
    <div class="filters">
      <${H} label=${p} placeholder=${p} value=${i} change=${h=>U({q:h})} />
      <${X} label=${s("tags")} value=${l} all=${$} change=${h=>U({tag:h})} />
      <label class="inline"
        ><input type="checkbox" checked=${o} onChange=${h=>r(h.target.checked)} /> ${s("onlyReady")}</label
      >
    </div>
    ${!n&&a`<p class="muted">${t?A(t):s("loading")}</p>`}
    ${n&&!d.length&&a`<${de} icon="list-filter" title=${s("noGameFits")}>
        <button class="btn" onClick=${()=>U({q:"",tag:""})}>${s("clearFilter")}</button>
      <//>`}
    <ul class="types">
      ${d.map(h=>a`<li key=${h.type}><${_t} type=${h} /></li>`)}
    </ul>
    ${n&&a`<p class="more muted">
        ${s("nShown",{n:x(d.length),all:x(c.length)})} ${s("gameMissing")} <code>gamepanel import</code>
      </p>`}
    ${n?.problems?.length>0&&a`<${wn} problems=${n.problems} />`}`}var wn=({problems:e})=>a`<section class="notice" aria-label=${s("typeProblems")}>
    <span><${T} name="triangle-alert" /></span>
    <div>
      <b>${s("typeProblems")}</b>
      <ul>
        ${e.map(({file:t,detail:n})=>a`<li key=${t}><code>${t}</code> ${n}</li>`)}
      </ul>
    </div>
  </section>`;function as({type:e}){return gt()?e?a`<${Sn} key=${e} type=${e} />`:a`<${rs} />`:a`<${de} icon="lock" title=${s("code.forbidden")} />`}var kn=e=>Object.fromEntries(e.filter(({type:t,value:n})=>t==="port"&&n!==null).map(({name:t,value:n})=>[t,n])),xn=e=>e.normalize("NFKD").replace(/\p{M}/gu,"").toLowerCase().replace(/ß/g,"ss").replace(/[^a-z0-9]+/g,"-").replace(/^-+|-+$/g,"").slice(0,32),Xe=new be,On={id:null,description:"",options:{}};function Sn({type:e}){let[t,n]=R(p=>C("server_create_options",{type:e},p),[]),o=Q()?t:null,[r,i]=m(0),[l,c]=R(p=>C("server_create_options",{},p),[r]),d=l?.types.find(p=>p.type===e),u=P(d?.title??e),$=o&&l;return a`<div class="create">
    <div class="create-grid">
      <div>
        <p class="back-line"><a href="#/new"><${T} name="chevron-left" />${s("toGames")}</a></p>
        <div class="create-head">
          <${Ee} icon=${d?.icon} css="big" />
          <div>
            <h1>${s("newOf",{title:u})}</h1>
            <p class="muted">${o&&P(d?.description??"")} <${Cn} url=${o?.homepage} /></p>
          </div>
        </div>
        ${$&&d?.missing.length>0&&a`<${Tn} about=${d} again=${()=>i(r+1)} />`}
        ${$?a`<${Pn} ...${{type:e,properties:o.options}} />`:a`<p class="muted">${A(n??c)||s("loading")}</p>`}
      </div>
      <${En} about=${d} />
    </div>
  </div>`}function Cn({url:e}){if(!/^https?:/.test(e??"")||!URL.canParse(e))return null;let t=new URL(e).hostname.replace(/^www\./,"");return a`<a href=${e} target="_blank" rel="noopener noreferrer">${t}</a>`}var An=e=>/^(?:apt|pip|npm) install \S+( \S+)*$/.test(e)&&!e.includes(","),Tn=({about:{missing:e,hint:t},again:n})=>a`<section class="notice warn" aria-label=${s("whatLacks")}>
    <span><${T} name="triangle-alert" /></span>
    <div>
      <b>${s("missing",{programs:e.join(", ")})}</b>
      <p>${t&&(An(t)?a`${s("addIt")} <code>${t}</code>. `:`${P(t)}. `)}${s("fillInNow")}</p>
    </div>
    <div class="notice-acts">
      <button class="btn" type="button" onClick=${n}><${T} name="refresh-cw" />${s("lookAgain")}</button>
      ${t&&a`<button class="btn icon" type="button" aria-label=${s("copyIt",{text:t})} title=${s("copyIt",{text:t})} onClick=${()=>Ne(t)}>
          <${T} name="copy" />
        </button>`}
    </div>
  </section>`;function En({about:e}){let t=Mt(),n=t&&Object.values(t.servers).reduce((r,i)=>r+i,0),o=t&&[[s("memoryFree"),j(t.memoryTotal-t.memoryBytes)],[s("diskFree"),j(t.diskFree)],[s("servers"),x(n)]];return a`<aside class="side" aria-label=${s("whatHappens")}>
    <h2>${s("whatHappens")}</h2>
    <ol class="will">
      <li>${s("willMake")}</li>
      <li>${s("willInstall",{title:P(e?.title??"")})}</li>
      <li>${s("willWait")}</li>
    </ol>
    ${o&&a`<h2>${s("hostHas")}</h2>
        <dl class="have">
          ${o.map(([r,i])=>a`<div key=${r}>
              <dt>${r}</dt>
              <dd>${i}</dd>
            </div>`)}
        </dl>`}
  </aside>`}function Nn(e){let t=new Map;for(let n of e.filter(({accept:o})=>!o)){let{group:o,type:r}=n,i=o?P(o):s(r==="port"?"section.network":"section.game");t.set(i,[...t.get(i)??[],n])}return[...t]}function Pn({type:e,properties:t}){let[n,o]=m(Xe.get(e,On)),[r,i]=m(null),[l,c]=m(!1),d=q(null);te(d,r);let u=b=>{Xe.set(e,b),o(b)},$=n.id??xn(n.description),p=l||!$||z.value!==null;async function h(b){if(b.preventDefault(),!p){c(!0),i(null);try{let S=Pe(t,{...kn(t),...n.options});await C("server_create",{type:e,server:$,description:n.description,options:S}),Xe.delete(e),await ft().catch(()=>{}),ie(`/server/${$}/console`)}catch(S){i(S),B(A(S)),c(!1)}}}let y=b=>u({...n,options:b}),g={parent:"options",error:r,draft:n.options,setDraft:y,creating:!0},k=[{name:"server"},{name:"description"},...t],f=_e(r,"options",k);return a`<form class="form-card" ref=${d} onSubmit=${h} noValidate>
    <fieldset class="grp">
      <legend>${s("aboutIt")}</legend>
      <${oe}
        id="own-description"
        label=${s("description")}
        value=${n.description}
        problem=${I(r,"","description")}
        hint=${s("descriptionHint")}
        change=${b=>u({...n,description:b})}
      />
      <${oe}
        id="own-server"
        label=${s("id")}
        css="field"
        value=${$}
        problem=${I(r,"","server")}
        hint=${s("idHint")}
        change=${b=>u({...n,id:b})}
        autocapitalize="none"
        autocomplete="off"
        spellcheck=${!1}
      />
    </fieldset>
    ${Nn(t).map(([b,S])=>a`<fieldset class="grp" key=${b}>
        <legend>${b}</legend>
        <${Me} ...${g} properties=${S} />
      </fieldset>`)}
    ${t.filter(({accept:b})=>b).map(b=>a`<${Ln} key=${b.name} ...${{property:b,...g}} />`)}
    <${L} text=${f&&A(r)} />
    <div class="form-foot">
      <span class="con-space"></span>
      <a class="btn quiet" href="#/new">${s("cancel")}</a>
      <button class=${l?"btn primary busy":"btn primary"} type="submit" aria-disabled=${p?"true":void 0}>
        ${s("create")}
      </button>
    </div>
  </form>`}function Ln({property:e,error:t,draft:n,setDraft:o}){let{name:r,title:i,accept:l}=e,c=I(t,"options",r);return a`<div class=${c?"accept wrong":"accept"}>
    <label class="inline"
      ><input
        type="checkbox"
        checked=${!!n[r]}
        aria-invalid=${c?"true":void 0}
        aria-describedby=${c?`field-${r}-error`:void 0}
        onChange=${d=>o({...n,[r]:d.target.checked})}
      />${P(i||r)}</label
    >
    <a href=${l} target="_blank" rel="noopener noreferrer">${l}</a>
    <${Z} id=${`field-${r}-error`} problem=${c} />
  </div>`}var _n=86400,Mn=3,is=4;function cs(e){let t=[];return e.forEach((n,o)=>{n!==null&&(t.at(-1)?.[1]===o?t.at(-1)[1]++:t.push([o,o+1]))}),t}var jn=2**20;function ls(e,t){let n=t?1024**Math.floor(Math.log2(Math.max(e,1))/10):1,o=e/n/3,r=10**Math.floor(Math.log10(o)),i=[1,2,5,10].map(l=>l*r).find(l=>l>=o)*n;return Array.from({length:Math.floor(e/i)+1},(l,c)=>c*i)}var et=e=>`${(100*e).toFixed(2)}%`;function Bn(e,t){let n=600/Math.max(e.length,1),o=l=>(l*n).toFixed(1),r=l=>(100-l/t*100).toFixed(1),i=cs(e).map(([l,c])=>{let d=e.slice(l,c).map(($,p)=>`${o(l+p+.5)},${r($)}`),u=[`${o(l)},${r(e[l])}`,...d,`${o(c)},${r(e[c-1])}`].join(" ");return{line:u,area:`${o(l)},100 ${u} ${o(c)},100`}});return{x:o,y:r,curves:i}}function Dn(e,t,n,o){let r=e.filter(c=>c!==null);if(!r.length)return[s("nowValue",{now:t}),s("noHistory")].join(" \xB7 ");let i=r.reduce((c,d)=>c+d,0)/r.length,l=s("mostOf",{most:n(r.reduce((c,d)=>Math.max(c,d),0))});return[s("nowValue",{now:t}),o&&s("meanOf",{mean:n(i)}),l].filter(Boolean).join(" \xB7 ")}function De({name:e,samples:t,now:n,most:o=0,say:r,idle:i,limit:l=null,isBytes:c=!1,hasMean:d=!1}){let u=(t??[]).map(({value:w})=>w),$=u.reduce((w,v)=>Math.max(w,v??0),0),p=Math.max(o,$,l?.value??0,c?jn:1e-9)*1.08,{x:h,y,curves:g}=Bn(u,p),k=g.length?cs(u.map(w=>w===null?0:null)):[],f=t?Dn(u,n,r,d):s("loading"),b=[s(e),f,l?.text,k.length>0&&i].filter(Boolean),S=k.toSorted(([w,v],[N,D])=>D-N-(v-w))[0];return a`<figure class="graph chart">
    <figcaption><b>${s(e)}</b><span class="facts-of">${f}</span></figcaption>
    <div class="plot">
      <div class="ys" aria-hidden="true">
        ${ls(p,c).map(w=>a`<span key=${w} style=${{top:et(1-w/p)}}>${r(w)}</span>`)}
      </div>
      <div class="area">
        <svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label=${b.join(" \xB7 ")}>
          ${ls(p,c).map(w=>a`<line key=${w} class="grid" x1="0" x2="600" y1=${y(w)} y2=${y(w)} />`)}
          ${k.map(([w,v])=>a`<rect key=${w} class="gap" x=${h(w)} width=${(h(v)-h(w)).toFixed(1)} y="0" height="100" />`)}
          ${g.map(({line:w,area:v})=>a`<polygon points=${v} /><polyline points=${w} />`)}
          ${l&&a`<line class="limit" x1="0" x2="600" y1=${y(l.value)} y2=${y(l.value)} />`}
        </svg>
        ${l&&a`<span class="limit-label" aria-hidden="true" style=${{top:et(1-l.value/p)}}>${l.text}</span>`}
        ${S&&a`<span class="gap-label" aria-hidden="true" style=${{left:et((S[0]+S[1])/2/u.length)}}>
            ${i}
          </span>`}
      </div>
    </div>
    <${Fn} samples=${t} />
  </figure>`}function Fn({samples:e}){if(!e?.length)return a`<p class="xs" aria-hidden="true"></p>`;let[t,n]=[e[0].at,e.at(-1).at],o=n-t>_n?pt:$t,r=i=>t+(n-t)*i/is;return a`<p class="xs" aria-hidden="true">
    ${Array.from({length:is},(i,l)=>a`<span key=${l}>${o(r(l))}</span>`)}
    <span>${s("now")}</span>
  </p>`}function Fe(e,t,n,o){if(!e)return null;let r=e.samples.map(i=>({at:i.at,value:i[t]}));if(typeof n!="number")return r;for(let i of r.slice(-Mn).toReversed()){if(i.value!==null||i.at+e.interval<=o)break;i.value=n}return r}var $s=[{name:"hour",seconds:3600,freshMs:6e4},{name:"sixHours",seconds:21600,freshMs:6e4},{name:"day",seconds:86400,freshMs:18e4},{name:"week",seconds:604800,freshMs:9e5},{name:"sixtyDays",seconds:5184e3,freshMs:9e5}],ds=$s[2],us=[{name:"cpu",field:"cpuPercent",most:10,say:xe,hasMean:!0},{name:"memory",field:"memoryBytes",most:0,say:j,isBytes:!0}],ps={name:"players",field:"players",most:1,say:x};function Rn(e,t,{seconds:n,freshMs:o}){let[r,i]=m(null);return F(()=>{i(null);let l=new AbortController;return K(async()=>i(await C(e,{...t,seconds:n},l.signal)),o,l.signal),()=>l.abort()},[e,t.server,n]),r}function Re({title:e,name:t,fields:n={},css:o="graphs",draw:r}){let[i,l]=m(ds),c=Rn(t,n,i),d=u=>{ds=u,l(u)};return a`<div class="tab-head">
      <h2>${e}</h2>
      <div class="seg" role="group" aria-label=${s("timeSpan")}>
        ${$s.map(u=>a`<button
              key=${u.name}
              type="button"
              aria-pressed=${String(u===i)}
              onClick=${()=>d(u)}
            >
              ${s(u.name)}
            </button>`)}
      </div>
    </div>
    <div class=${o}>${r(c)}</div>`}function ms(e,t,{name:n,field:o,say:r,...i}){let{usage:l,players:c,startedAt:d}=e,u={...l,players:c?.online}[o];return a`<${De}
    key=${n}
    ...${{name:n,say:r,...i}}
    samples=${Fe(t,o,u,d)}
    now=${typeof u=="number"?r(u):"\u2013"}
    idle=${s("didNotRun")}
    limit=${jt(e)[o]}
  />`}var fs=({status:e})=>a`<${Re}
    title=${s("history")}
    name="server_history"
    fields=${{server:e.server}}
    css="graphs one"
    draw=${t=>ms(e,t,ps)}
  />`;function hs({status:e}){let t=n=>((n?n.samples.some(({players:r})=>r!==null):e.players)?[...us,ps]:us).map(r=>ms(e,n,r));return a`<${Re}
    title=${s("history")}
    name="server_history"
    fields=${{server:e.server}}
    draw=${t}
  />`}var In=({id:e,status:t})=>a`${t?a`<${hs} status=${t} />`:a`<div class="graphs waiting"></div>`}<${Ze} key=${e} server=${e} />`;var Wn=3e3,bs=8;function gs(){let[e,t]=m(null),[n,o]=m(null);return F(()=>{let r=new AbortController;return K(async()=>{try{t(await C("host_status",{},r.signal)),await ht(r.signal),o(null)}catch(l){throw l.code&&o(l),l}},Wn,r.signal),()=>r.abort()},[]),a`<div class="page-head">
      <h1>${s("host")}</h1>
      <div class="page-acts">
        <span class="muted">${location.hostname}${e&&` \xB7 ${s("upFor",{n:He(e.uptime)})}`}</span>
      </div>
    </div>
    <${L} text=${A(n)} />
    ${e?a`<${Hn} status=${e} />`:a`<p class="muted">${s("loading")}</p>`}`}var Ie=({name:e,value:t,about:n,share:o})=>a`<div class="tile">
    <span class="k">${s(e)}</span><b>${t}</b><span class="muted">${n}</span>
    ${o!==void 0&&a`<${ze} share=${o} />`}
  </div>`;function Hn({status:e}){let{cores:t,load:n,daemon:o,memoryBytes:r,memoryTotal:i,diskFree:l,diskTotal:c}=e,d=p=>xe(p/t),u=e.cpuPercent,$=He(ye()-o.startedAt);return a`<section class="tiles" aria-label=${s("rightNow")}>
      <${Ie}
        name="cpu"
        value=${u===null?"\u2013":d(u)}
        about=${s("coresAndLoad",{n:x(t),load:n.map(x).join(" \xB7 ")})}
        share=${(u??0)/t/100}
      />
      <${Ie} name="memory" value=${j(r)} about=${s("ofLimit",{limit:j(i)})} share=${r/i} />
      <${Ie}
        name="disk"
        value=${s("nFree",{n:j(l)})}
        about=${s("ofLimit",{limit:j(c)})}
        share=${1-l/c}
      />
      <${Ie} name="daemon" value=${j(o.memoryBytes)} about=${`gamepanel ${o.version} \xB7 ${s("upFor",{n:$})}`} />
    </section>
    <${Re} title=${s("overTime")} name="host_history" draw=${p=>qn(e,p,d)} />
    <div class="host-cols">
      <${Un} disk=${e.disk??[]} />
      <${Kn} />
      <${Yn} status=${e} />
    </div>
    ${J.value.features.includes("backups")&&a`<${It} script=${Rt} part="LostBackups" />`}`}function qn(e,t,n){return[{name:"cpu",field:"cpuPercent",most:100*e.cores,say:n,hasMean:!0},{name:"memory",field:"memoryBytes",say:j,isBytes:!0,limit:{value:e.memoryTotal,text:s("allThereIs")}},{name:"diskFree",field:"diskFree",say:j,isBytes:!0}].map(({field:r,say:i,...l})=>{let c=e[r];return a`<${De}
      key=${l.name}
      ...${{say:i,...l}}
      samples=${Fe(t,r,c,e.daemon.startedAt)}
      now=${c===null?"\u2013":i(c)}
      idle=${s("daemonAway")}
    />`})}function Un({disk:e}){let[t,n]=m(!1),o=t?e:e.slice(0,bs);return a`<section class="panel" aria-label=${s("diskPerServer")}>
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
                <${Ee} icon=${he.value?.get(r)?.icon} /><a href=${`#/server/${r}/settings`}>${r}</a>
              </th>
              <td class="bar"><${ze} share=${i/l} /><span class="sr">${s("ofLimit",{limit:j(l)})}</span></td>
              <td class="num" title=${s("ofLimit",{limit:j(l)})}>${j(i)}</td>
            </tr>`)}
        </tbody>
      </table>`}
    ${e.length>o.length&&a`<p class="more">
        <button type="button" class="link" onClick=${()=>n(!0)}>${s("allServersN",{n:x(e.length)})}</button>
      </p>`}
  </section>`}function Gn({server:e,status:t,ports:n=[],runPorts:o}){let r=o??[],i=n.filter(l=>!r.some(({name:c,port:d})=>c===l.name&&d===l.port));return[...r.map(l=>({...l,server:e,status:t,isOpen:!0})),...i.map(l=>({...l,server:e,status:t,isOpen:!r.length&&re(t)}))]}function Kn(){let[e,t]=m(""),[n,o]=m(!1),r=[...he.value?.values()??[]].flatMap(Gn).sort((c,d)=>c.port-d.port),i=r.filter(({port:c,server:d})=>`${c} ${d}`.includes(e.toLowerCase())),l=n?i:i.slice(0,bs);return a`<section class="panel" aria-label=${s("ports")}>
    <div class="tab-head">
      <h2>${s("ports")}</h2>
      <${H} label=${s("portOrServer")} placeholder=${s("portOrServer")} value=${e} change=${t} />
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
                  ><${ce} state=${c.isOpen?"running":ge(c.status)?"stopped":"unknown"} />${s(c.isOpen?"portOpen":ge(c.status)?"atRest":`state.${c.status}`)}</span
                >
              </td>
            </tr>`)}
        </tbody>
      </table>`}
    ${i.length>l.length&&a`<p class="more">
        <button type="button" class="link" onClick=${()=>o(!0)}>${s("allPorts",{n:x(i.length)})}</button>
      </p>`}
  </section>`}var Vn=({isGood:e,text:t})=>a`<span class=${e?"mk good":"mk warn"}><${T} name=${e?"circle-check":"triangle-alert"} />${t}</span>`;function zn(e){let t=r=>e.includes(r),n=["memory","cpu","process"].filter(r=>t(`${r}-limit`)),o=t("uid-per-server")?s("ownUsers"):"";return[["isolationOf",t("isolation"),[t("isolation")?s("isOn"):s("cantHere"),o].filter(Boolean).join(", ")],["limitsOf",n.length>0,n.map(r=>s(`limit.${r}`)).join(", ")||s("cantHere")],["diskLimitOf",!1,s(t("disk-limit")?"watchedOnly":"cantHere")],["killOf",t("containment"),s(t("containment")?"endsAll":"mayEscape")]]}function Yn({status:e}){let[t]=R(l=>C("server_create_options",{},l),[]),{daemon:n}=e,o=Object.entries(e.servers).map(([l,c])=>`${x(c)} ${s(`state.${l}`)}`),r=t?.types.filter(({missing:l})=>!l.length).length,i=[["gamepanel",`${n.version}, ${s("processN",{n:n.pid})}`],[s("servers"),o.length?o.join(" \xB7 "):s("none")],t&&[s("games"),s("gamesReady",{n:x(t.types.length),ready:x(r)})],...zn(J.value.features??[]).map(([l,c,d])=>[s(l),a`<${Vn} ...${{isGood:c,text:d}} />`])].filter(Boolean);return a`<section class="panel" aria-label=${s("versions")}>
    <h2>${s("versions")}</h2>
    <dl class="kv">
      ${i.map(([l,c])=>a`<div key=${l}>
          <dt>${l}</dt>
          <dd>${c}</dd>
        </div>`)}
    </dl>
  </section>`}var Jn=5e3,vs=100,Qn=2;function Zn(e){let[t,n]=m(null),[o,r]=m(null),[i,l]=m(0);return F(()=>{let c=new AbortController;return K(async()=>{try{n(await C("player_list",{server:e},c.signal)),r(null)}catch(u){throw u.code&&r(u),u}},Jn,c.signal),()=>c.abort()},[e,i]),[t,o,()=>l(c=>c+1)]}var ys={on:({online:e})=>e,seen:()=>!0};function ws({id:e,status:t}){let[n,o,r]=Zn(e),i=Q(),[l,c]=m(""),[d,u]=m(null),[$,p]=m(vs),[h,y]=m(null),g=n?.players??[],k=g.filter(ys.on),f=d??(k.length||!g.length?"on":"seen"),b=g.filter(v=>ys[f](v)&&Ue(v.name,t?.type).toLowerCase().includes(l.toLowerCase())),S=[["on",a`<span class="n">${x(k.length)}</span> ${s("onNow")}`],["seen",a`<span class="n">${x(g.length)}</span> ${s("seenAll")}`]],w=i&&G(e,"command")&&re(t?.status)?n?.actions??[]:[];return a`${t?a`<${fs} status=${t} />`:a`<div class="graphs one waiting"></div>`}
    <div class="tab-head">
      <h2>${s("players")}</h2>
      <${X} label=${s("showOnly")} value=${f} all=${S} change=${v=>u(v||f)} />
      <${H} label=${s("searchName")} placeholder=${s("searchName")} value=${l} change=${c} />
    </div>
    <${L} text=${A(o)} />
    ${!n&&!o&&a`<p class="muted">${s("loading")}</p>`}
    ${n&&!b.length&&a`<${Xn} ...${{status:t,all:g,wanted:l}} />`}
    ${b.length>0&&a`<div class="table-wrap">
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
            ${b.slice(0,$).map(v=>a`<${eo} key=${v.name} ...${{player:v,actions:w,ask:y,type:t?.type}} />`)}
          </tbody>
        </table>
      </div>`}
    ${b.length>$&&a`<p class="more"><button class="btn" onClick=${()=>p($+vs)}>${s("showMore")}</button></p>`}
    ${h&&a`<${to} ...${{id:e,...h,again:r}} close=${()=>y(null)} />`}`}function Xn({status:e,all:t,wanted:n}){if(n)return a`<p class="more">${s("noEntries")}</p>`;let o=e&&re(e.status)&&e.players===null&&!t.length;return a`<${de}
    icon="users"
    title=${s(o?"playersUnknown":"nobodyOn")}
    text=${s(o?"playersUnknownWhy":"nobodyOnWhy")}
  />`}function eo({player:e,actions:t,ask:n,type:o}){let{online:r,since:i,lastSeen:l}=e,c=Ue(e.name,o),d=ye(),u=p=>({icon:"user",text:`${P(p.title)} \u2026`,act:()=>n({action:p,player:e.name,name:c})}),$=[{icon:"copy",text:s("copyName"),act:()=>Ne(c)},...t.length?["-"]:[],...t.map(u)];return a`<tr>
    <th scope="row">
      <span class="ava" aria-hidden="true">${[...c][0]?.toUpperCase()}</span><bdi class="player-name" title=${c}>${c}</bdi>
    </th>
    <td>
      <span class=${r?"on":"on muted"}
        ><${ce} state=${r?"running":"stopped"} />${s(r?"isOnline":"isAway")}</span
      >
    </td>
    <td class="num" title=${r&&i?ne(i):void 0}>${r&&i?ut(d-i):a`<span class="none" role="img" aria-label=${s("none")}>–</span>`}</td>
    <td class="num hide-s" title=${ne(l)}>${r?s("now"):mt(l,d)}</td>
    <td class="acts">
      <span class="hide-s"
        >${t.slice(0,Qn).map(p=>a`<button
              key=${p.name}
              class="btn small"
              type="button"
              aria-label=${s("actionOf",{action:P(p.title),name:c})}
              onClick=${()=>n({action:p,player:e.name,name:c})}
            >
              ${P(p.title)} …
            </button>`)}</span
      ><${Te} label=${s("moreFor",{id:c})} items=${$} />
    </td>
  </tr>`}function to({id:e,action:t,player:n,name:o,again:r,close:i}){let[l,c]=m(null),[d,u]=m(!1),$=P(t.title);async function p(){if(!(d||z.value!==null)){u(!0);try{await C("player_action",{server:e,action:t.name,player:n}),B(s("actionDone",{action:$,name:o})),r(),i()}catch(y){c(y),u(!1)}}}let h=l?.problems?.[0]?Ae(l.problems[0],"player"):A(l);return a`<${pe} title=${s("actionAsk",{action:$,name:o})} close=${i}>
    <p>${s("actionAbout")}</p>
    <${L} text=${h} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${i}>${s("cancel")}</button>
      <button type="button" class=${d?"btn primary busy":"btn primary"} onClick=${p}>${$}</button>
    </div>
  <//>`}function so({server:e,status:t}){return G(e,"destroy")?z.value!==null?s("awayWait"):ge(t)?"":s("destroyStopped"):s("mayNotDestroy")}function tt({status:e}){let[t,n]=m(!1),o=so(e);return a`<section class="set danger-zone" aria-labelledby="set-danger">
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
    ${t&&a`<${no} status=${e} close=${()=>n(!1)} />`}
  </section>`}function no({status:e,close:t}){let n=e.server,[o,r]=m(""),[i,l]=m(!1),[c,d]=m(null),[u,$]=m(!1),[p,h]=Ft(e,s("beforeDestroy")),y=u||o!==n;async function g(){if(!y){$(!0);try{await h(()=>C("server_destroy",{server:n,deleteFiles:i})),t(),ie("/")}catch(f){d(f),$(!1)}}}let k=f=>{f.key==="Enter"&&(f.preventDefault(),g())};return a`<${pe} title=${s("destroyTitle",{id:n})} close=${t}>
    <p>${s(i?"destroyGone":"destroyKept")}</p>
    <div class="dialog-fields" onKeyDown=${k}>
      <${oe} id="destroy-id" label=${s("destroyHow")} value=${o} change=${r} autocomplete="off" autocapitalize="none" spellcheck=${!1} />
      <${V} id="destroy-files" label=${s("deleteFiles")} checked=${i} change=${l} />
      ${p}
    </div>
    <${L} text=${A(c)} />
    <div class="dialog-acts">
      <button class="btn" type="button" onClick=${t}>${s("cancel")}</button>
      <button class=${u?"btn danger-fill busy":"btn danger-fill"} type="button" aria-disabled=${y?"true":void 0} onClick=${g}>
        ${s("destroyNow")}
      </button>
    </div>
  <//>`}var st=new be,ks=new be,oo=5e3,We=["description","tags","autostart"],ro=e=>We.includes(e)||e.startsWith("restart");function ao({name:e,group:t,type:n}){return We.includes(e)?"general":/^restart([A-Z]|$)/.test(e)?"afterCrash":/Limit$/.test(e)||e==="isolation"?"limits":e.startsWith("backup")?"backups":t?rt.find(o=>s(`section.${o}`)===P(t))??P(t):n==="port"?"network":"game"}var nt=["general","network","game"],ot=["afterCrash","limits","backups"],io=e=>nt.includes(e)?nt.indexOf(e):ot.includes(e)?100+ot.indexOf(e):50,rt=[...nt,...ot];function lo(e){let t=new Map;for(let n of e){let o=ao(n),r=o==="limits"?{...n,advanced:!1}:n;t.set(o,[...t.get(o)??[],r])}return t.get("general")?.sort((n,o)=>We.indexOf(n.name)-We.indexOf(o.name)),[...t].map(([n,o])=>({id:`set-${n.replace(/\W+/g,"-")}`,title:rt.includes(n)?s(`section.${n}`):ke(n),about:rt.includes(n)?s(`section.${n}.about`):"",place:io(n),members:o})).sort((n,o)=>n.place-o.place)}function xs({id:e,status:t}){return G(e,"settings")?a`<${$o} ...${{id:e,status:t}} />`:t&&a`<div class="sets"><${tt} status=${t} /></div>`}function co({settings:e,before:t},n){let o=new Map(e.map(({name:i,value:l})=>[i,l])),r={...t};for(let{name:i,value:l}of n)o.has(i)&&o.get(i)!==l&&(r[i]??=o.get(i)),r[i]===l&&delete r[i];return r}function uo(e){let[t,n]=m(null),[o,r]=m(null),i=q(0),l=async d=>{let u=i.current,{settings:$}=await C("server_settings",{server:e},d);return i.current===u&&n(p=>({settings:$,before:p?co(p,$):{}})),r(null),$};return F(()=>{let d=new AbortController;return K(async()=>{try{await l(d.signal)}catch($){throw $.code&&r($),$}},oo,d.signal),()=>d.abort()},[e]),[t,o,l,({settings:d})=>{i.current+=1,n({settings:d,before:{}})}]}function $o({id:e,status:t}){let[n,o,r,i]=uo(e),l=Q(),[c,d]=m(null),[u,$]=m(st.get(e,{})),[p,h]=m(ks.get(e,{})),[y,g]=m(null),k=q(null);te(k,y);let f=n?.settings,b=E=>{ks.set(e,E),h(E)},S=E=>{let _=O=>f.find(M=>M.name===O)?.value;Object.keys(E).length?st.set(e,E):st.delete(e),$(E),b(Object.fromEntries(Object.keys(E).map(O=>[O,O in p?p[O]:_(O)])))},w=E=>b({...p,[E]:f.find(_=>_.name===E).value});F(()=>{let E=O=>O.name in u&&!Le(O,u[O.name]),_=(f??[]).filter(E).map(({name:O})=>[O,u[O]]);f&&_.length<Object.keys(u).length&&S(Object.fromEntries(_))},[f]);async function v(E){E.preventDefault();let _=Pe(f,u),O=Object.keys(_);if(!(!O.length||z.value!==null)){g(null);try{if((await r()).some(M=>me(M,p)&&!Le(M,u[M.name]))){B(s("decideFirst")),requestAnimationFrame(()=>k.current?.querySelector(".contested button")?.focus());return}i(await C("server_settings",{server:e,settings:_})),d({names:O}),S({}),B(s("saved"))}catch(M){g(M),B(A(M))}}}if(!f||!l)return a`<p class="muted">${o?A(o):s("loading")}</p>`;let N=lo(f);return a`<div class="settings">
    <${fo} ...${{id:e,sections:N,isChanged:({members:E})=>E.some(({name:_})=>_ in u)}} />
    <form class="sets" ref=${k} onSubmit=${v} noValidate>
      ${N.map(({id:E,title:_,about:O,members:M})=>a`<section class="set" aria-labelledby=${E} key=${E}>
          <div class="set-head">
            <h2 id=${E}>${_}</h2>
            <p class="muted">${O}</p>
          </div>
          <div class="set-body">
            <${Me} ...${{properties:M,draft:u,setDraft:S,error:y,bases:p,keepMine:w,before:n.before,parent:"settings"}} />
          </div>
        </section>`)}
      ${t&&G(e,"destroy")&&a`<${tt} status=${t} />`}
      ${_e(y,"settings",f)&&a`<${L} text=${A(y)} />`}
      <${ho} ...${{properties:f,draft:u,bases:p,error:y,saved:c,status:t,form:k}} discard=${()=>S({})} done=${()=>d({...c,names:[]})} />
    </form>
  </div>`}var po=220;function mo(e){let[t,n]=m(e[0]),o=e.join(" ");return F(()=>{let r=()=>{let i=e.filter(c=>document.getElementById(c)?.getBoundingClientRect().top<po),l=scrollY>0&&scrollY+innerHeight>=document.documentElement.scrollHeight-2;n(l?e.at(-1):i.at(-1)??e[0])};return r(),addEventListener("scroll",r,{passive:!0}),()=>removeEventListener("scroll",r)},[o]),t}function fo({id:e,sections:t,isChanged:n}){let o={id:"set-danger",title:s("dangerZone"),members:[]},r=G(e,"destroy")?[...t,o]:t,i=mo(r.map(({id:c})=>c)),l=c=>d=>{d.preventDefault(),document.getElementById(c)?.scrollIntoView()};return a`<nav class="set-nav" aria-label=${s("sections")}>
    ${r.map(c=>a`<a
        key=${c.id}
        href=${`#${c.id}`}
        aria-current=${c.id===i?"true":void 0}
        onClick=${l(c.id)}
        >${c.title}${n(c)&&a`<span class="dot" title=${s("changed")}></span><span class="sr">, ${s("changed")}</span>`}</a
      >`)}
  </nav>`}function ho({properties:e,draft:t,bases:n,error:o,saved:r,status:i,form:l,discard:c,done:d}){Ct(g=>{g.key!=="s"||!(g.ctrlKey||g.metaKey)||(g.preventDefault(),l.current.requestSubmit())});let u=e.filter(({name:g})=>g in t),$=u.filter(({name:g})=>I(o,"settings",g)).length,p=!u.length||z.value!==null;if(r?.names.length&&!u.length)return a`<${bo} ...${{names:r.names,status:i,done:d}} />`;let h=u.filter(g=>me(g,n)).length,y=[u.map(ee).join(", "),$>0&&Y("toCorrect",$),h>0&&Y("toDecide",h)];return a`<div class="savebar" role="region" aria-label=${s("changes")}>
    ${u.length>0&&a`<span class="dot"></span>`}
    <b>${u.length?Y("nChanges",u.length):s("nothingChanged")}</b>
    <span class="muted hide-s">${y.filter(Boolean).join(" \xB7 ")}</span>
    <span class="con-space"></span>
    ${u.length>0&&a`<button class="btn quiet" type="button" onClick=${c}>${s("discard")}</button>`}
    <button class="btn primary" type="submit" aria-disabled=${p?"true":void 0}>
      ${s("save")} <kbd aria-hidden="true">${s("ctrl")} S</kbd>
    </button>
  </div>`}function bo({names:e,status:t,done:n}){let o=e.filter($=>!ro($)).length,r=o>0&&re(t?.status),i=t?.players?.online??0,[l,c]=m(!1),d=()=>Bt(Ye,t.players)?c(!0):u(),u=async()=>{try{bt(t.server,(await C("server_restart",{server:t.server})).status),n()}catch($){B(A($))}};return a`<div class="savebar ok" role="region" aria-label=${s("changes")}>
    <${T} name="circle-check" /><b>${s("saved")}</b>
    <span class="muted">
      ${r&&s("holdsLater",{n:x(o),all:x(e.length)})}
      ${r&&i>0&&` ${Y("playersOn",i)}`}
    </span>
    <span class="con-space"></span>
    <button class="btn quiet" type="button" onClick=${n}>${s(r?"later":"close")}</button>
    ${r&&G(t.server,"power")&&a`<button class="btn primary" type="button" onClick=${d}>
        <${T} name="rotate-cw" />${s("restartNow")}
      </button>`}
    ${l&&a`<${Dt} ...${{action:Ye,id:t.server,players:t.players,act:u}} close=${()=>c(!1)} />`}
  </div>`}export{Qt as Account,dn as Activity,os as Audit,as as Create,In as Happened,gs as Host,Yt as People,ws as Players,xs as Settings,ee as titleOf};
