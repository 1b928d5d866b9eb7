import{A as le,B as n,C as P,Ca as T,D as we,Da as ce,Db as Dt,E as Y,Ea as de,F as ke,G as k,H as j,Hb as Ft,I as xe,J as He,K as ut,L as se,M as Oe,N as $t,Na as Ct,O as pt,Oa as Z,Pa as oe,Q as mt,Qa as V,R as fe,Ra as ue,S as A,Sa as H,T as Se,Ta as $e,U as J,Ua as X,V as Ce,Va as Ae,W as he,Wa as Te,Xa as pe,Ya as L,Z as ft,_ as ht,_a as Ue,a as m,aa as bt,ab as Ge,b as B,ba as R,bb as At,c as ve,ca as Q,cb as Tt,d as q,da as G,db as Ke,ea as gt,eb as Et,fa as qe,fb as Ve,g as a,gb as Nt,ha as be,ia as vt,ja as D,jb as Pt,kb as Lt,l as z,la as yt,lb as Ee,m as ye,ma as wt,mb as _t,nb as Ne,ob as Mt,p as C,pa as kt,pb as jt,q as it,qa as xt,qb as ze,rb as re,s as K,sb as ge,u as ae,v as U,vb as Ye,w as ie,wa as Ot,x as lt,xa as St,y as ct,z as dt}from"./first.js";var xn=["integer","number","port"],On=({target:e})=>e.validity.badInput?n("noNumber"):e.value;function Bt({property:e,value:t,change:s,common:o,creating:r}){let{type:l,choices:i,maxLength:c}=e;if(l==="boolean")return a`<input
      type="checkbox"
      ...${o}
      checked=${!!t}
      onChange=${u=>s(u.target.checked)}
    />`;if(l==="password")return a`<${Tn} ...${{property:e,value:t,change:s,common:o,creating:r}} />`;if(i)return a`<${An} ...${{property:e,value:t,change:s,common:o}} />`;let d={...o,class:"in",value:t??"",onInput:u=>s(On(u))};return l==="text"&&!Sn(e,t)?a`<textarea rows="4" maxlength=${c} ...${d}></textarea>`:xn.includes(l)?a`<${Cn} ...${{property:e,text:d}} />`:a`<input type="text" autocomplete="off" maxlength=${c} ...${d} />`}var Sn=({name:e},t)=>e==="description"&&!String(t??"").includes(`
`);function Cn({property:{type:e,minimum:t,maximum:s,unit:o},text:r}){let l=a`<input
    type="number"
    inputmode="decimal"
    step=${e==="number"?"any":"1"}
    min=${t}
    max=${s}
    ...${r}
  />`;return o?a`<span class="unit">${l}<span>${we(o)}</span></span>`:l}function An({property:e,value:t,change:s,common:o}){let{choices:r,required:l}=e,i=c=>r.find(d=>String(d)===c)??"";return a`<span class="select"
    ><select
      ...${o}
      value=${String(t??"")}
      onChange=${c=>s(i(c.target.value))}
    >
      ${!l&&a`<option value="">–</option>`}
      ${r.map(c=>a`<option key=${c} value=${String(c)}>${Se(e,c)}</option>`)}</select
    ><${T} name="chevron-down"
  /></span>`}function Tn({property:e,value:t,change:s,common:o,creating:r}){let l=t===null&&!r;return a`<${ue}
      autocomplete="new-password"
      maxlength=${e.maxLength}
      placeholder=${r?"":l?n("removed"):n("unchanged")}
      value=${t??""}
      ...${o}
      onInput=${i=>s(i.target.value||void 0)}
    />
    ${!r&&!e.required&&a`<label class="inline"
        ><input
          type="checkbox"
          checked=${l}
          onChange=${i=>s(i.target.checked?null:void 0)}
        />${n("removePassword")}</label
      >`}`}var En=["integer","number","port"];function Pe(e,t){let s={};for(let{name:o,type:r}of e)o in t&&(s[o]=It(r,t[o]));return s}function It(e,t){return t===""&&e!=="string"&&e!=="text"?null:En.includes(e)?Number.isFinite(Number(t))?Number(t):String(t):t}function Le({type:e,value:t},s){return e==="password"?!1:It(e,s)===t||s===""&&t===null}var me=({name:e,type:t,value:s},o)=>t!=="password"&&e in o&&o[e]!==s;function I(e,t,s){let o=[`/${t}/${s}`,`/${s}`],r=e?.problems?.find(l=>o.includes(l.pointer));return r&&Ae(r,s)}var _e=(e,t,s)=>!!e&&!s.some(({name:o})=>I(e,t,o));function te(e,t){ve(()=>{t&&e.current?.querySelector('[aria-invalid="true"]')?.focus()},[t])}var Wt=(e,t,s)=>le(`field.${e}${t}`)?n(`field.${e}${t}`):s,ee=({name:e,title:t})=>Wt(e,"",P(t||e)),Nn=e=>/Limit$/.test(e)||e==="isolation";function Pn({name:e,description:t,minimum:s,maximum:o,readonly:r,hint:l,maxLength:i,type:c},d){let u=le(`field.${e}.about`)?"":P(l??""),$=[Wt(e,".about",P(t)),u];if(c!=="port"&&s!==void 0&&o!==void 0?$.push(n("range",{min:k(s),max:k(o)})):c!=="port"&&s!==void 0?$.push(n("from",{min:k(s)})):c!=="port"&&o!==void 0&&$.push(n("upTo",{max:k(o)})),i!==void 0&&i<1e3){let p=n("nUsed",{n:k([...String(d??"")].length)});$.push(n("atMostLong",{n:k(i)})+(c==="password"?"":p))}return r&&$.push(n(Nn(e)?"onlyAdmins":"readonly")),Ln($.filter(Boolean))}var Rt=e=>/^\p{L}{2}|^\p{L} /u.test(e)?ke(e):e,Ln=e=>e.reduce((t,s)=>t?t.endsWith(".")?`${t} ${Rt(s)}`:`${t} \xB7 ${s}`:Rt(s),"");function Je(e){let{type:t,value:s,unit:o,choices:r}=e;return t==="boolean"?n(s?"on":"off"):s===null||s===""?n("nothing"):r?Se(e,s):typeof s=="string"?`\u201C${s}\u201D`:[s,we(o)].filter(Boolean).join(" ")}function _n({property:e,bases:t,before:s,change:o,keepMine:r}){let{name:l}=e;return me(e,t)?a`<p class="was contested">
      <b>${n("othersSet",{value:Je(e)})}</b>${" "}
      <button type="button" class="link" onClick=${()=>o(void 0)}>
        ${n("takeTheirs")}<span class="sr"> ${ee(e)}</span>
      </button>${" \xB7 "}
      <button type="button" class="link" onClick=${()=>r(l)}>
        ${n("keepMine")}<span class="sr"> ${ee(e)}</span>
      </button>
    </p>`:l in s&&a`<p class="was">${n("othersChanged",{value:Je({...e,value:s[l]})})}</p>`}function Me({properties:e,...t}){let s=e.filter(({advanced:i})=>!i),o=e.filter(i=>i.advanced),r=o.some(i=>I(t.error,t.parent,i.name)||me(i,t.bases??{})),l=i=>a`<${jn} key=${i.name} property=${i} ...${t} />`;return a`${s.map(l)}
    ${o.length>0&&a`<details class="adv wide" open=${r}>
        <summary>
          <${T} name="chevron-right" />${n("advanced")}
          <span class="muted">${o.map(ee).join(", ")}</span>
        </summary>
        <div class="grp">${o.map(l)}</div>
      </details>`}`}var Mn=e=>`field-${e}`;function jn({property:e,draft:t,setDraft:s,error:o,parent:r,creating:l,bases:i={},before:c={},keepMine:d}){let{name:u,type:$,readonly:p,required:h,accept:w}=e,v=Mn(u),O=I(o,r,u),f=u in t&&!l,b=W=>{let{[u]:fo,...at}=t,kn=W===void 0||Le(e,W);s(kn?at:{...at,[u]:W})},S=$==="password",y=u in t?t[u]:S?void 0:e.value,g=Pn(e,y),N={id:v,disabled:p&&!l,"aria-describedby":[O&&`${v}-error`,g&&`${v}-hint`].filter(Boolean).join(" ")||void 0,"aria-invalid":O?"true":void 0},F=$==="boolean",E=h&&e.value===null&&!F,_=a`<label for=${v}>${ee(e)}${E&&a` <span class="muted">${n("required")}</span>`}</label>`,x=a`<${Bt} ...${{property:e,value:y,change:b,common:N,creating:l}} />`;return a`<div class=${["field",F&&"check",$==="text"&&"wide",f&&"changed",O&&"wrong"].filter(Boolean).join(" ")}>
    ${F?a`${x}${_}`:a`${_}${x}`}
    <${Z} id=${`${v}-error`} problem=${O} />
    <${_n} ...${{property:e,bases:i,before:c,change:b,keepMine:d}} />
    ${f&&!S&&!me(e,i)&&a`<p class="was">
        ${n("was",{value:Je(e)})}${" "}
        <button type="button" class="link" onClick=${()=>b(void 0)}>
          ${n("undo")}<span class="sr"> ${ee(e)}</span>
        </button>
      </p>`}
    ${(g||w)&&a`<p class="hint" id=${`${v}-hint`}>
        ${g} ${w&&a`<a href=${w} target="_blank" rel="noopener noreferrer">${w}</a>`}
      </p>`}
  </div>`}var Ht=["command","power","settings","destroy","files","backup"],qt={username:"",password:"",admin:!1,create:!1,disabled:!1},Dn=(e,t)=>["password","admin","create","disabled","servers"].filter(s=>JSON.stringify(e[s]??"")!==JSON.stringify(t[s]??qt[s]??"")).length;function Ut({user:e,hint:t,done:s,close:o}){let r={...qt,external:J.value.auth==="url",...e},[l,i]=m(r),[c,d]=m(null),[u,$]=m(!1),p=q(null);te(p,c),ve(()=>{p.current.querySelector(e.isNew?"#person-name":"input").focus({preventScroll:!0}),p.current.getBoundingClientRect().top>innerHeight/2&&p.current.scrollIntoView()},[]);let h=Dn(l,r),w=e.isNew?!l.username:!h;async function v(y,g){try{await C(y,g),D(n("saved")),s()}catch(N){$(!1),d(N),D(A(N))}}function O(y){if(y.preventDefault(),w)return;let{username:g,password:N,admin:F,create:E,disabled:_,external:x,servers:M}=l,W={username:g,admin:F,create:E,servers:M};N&&(W.password=N),e.isNew?v("user_create",{...W,external:x}):v("user_update",{...W,disabled:_})}let f=y=>g=>i({...l,[y]:g}),b=y=>I(c,"",y),S=c&&!b("username")&&!b("password");return a`<form class="form-card" ref=${p} onSubmit=${O} noValidate aria-labelledby="person-title">
    <div class="tab-head">
      <h2 id="person-title">${e.isNew?n("newUser"):e.username}</h2>
      <button class="btn icon" type="button" aria-label=${n("close")} title=${n("close")} onClick=${o}>
        <${T} name="x" />
      </button>
    </div>
    ${e.isNew&&a`<${oe} id="person-name" label=${n("userName")} value=${l.username} problem=${b("username")} hint=${n("rule.username")} change=${f("username")} autocapitalize="none" autocomplete="off" />`}
    ${!l.external&&a`<${Fn} ...${{user:e,draft:l,hint:t}} problem=${b("password")} change=${f("password")} />`}
    <${V} id="person-admin" label=${n("adminBox")} checked=${l.admin} hint=${n("adminHint")} change=${f("admin")} />
    <${V} id="person-create" label=${n("mayCreate")} checked=${l.create} hint=${n("createHint")} change=${f("create")} />
    ${e.isNew?a`<${V} id="person-external" label=${n("externalBox")} checked=${l.external} change=${f("external")} />`:a`<${V} id="person-in" label=${n("mayLogIn")} checked=${!l.disabled} change=${y=>f("disabled")(!y)} />`}
    ${!l.admin&&a`<${Bn} servers=${l.servers} change=${f("servers")} />`}
    ${S&&a`<${L} text=${A(c)} />`}
    <div class="form-foot">
      ${!e.isNew&&a`<button class="btn quiet danger" type="button" onClick=${()=>$(!0)}>${n("delete")} …</button>`}
      <span class="con-space"></span>
      <span class="muted">${!e.isNew&&(h?Y("nChanges",h):n("nothingChanged"))}</span>
      <button class="btn quiet" type="button" onClick=${o}>${n("discard")}</button>
      <button class="btn primary" type="submit" aria-disabled=${w?"true":void 0}>${n("save")}</button>
    </div>
    ${u&&a`<${pe} title=${n("deleteTitle",{name:e.username})} close=${()=>$(!1)}>
        <p>${n("deleteAbout")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${()=>$(!1)}>${n("cancel")}</button>
          <button class="btn danger-fill" type="button" onClick=${()=>v("user_delete",{username:e.username})}>
            ${n("deleteNow")}
          </button>
        </div>
      <//>`}
  </form>`}var Fn=({user:e,draft:t,hint:s,problem:o,change:r})=>a`<div class=${o?"field wrong":"field"}>
    <label for="person-password">${n(e.isNew?"password":"newPassword")}</label>
    <${ue}
      id="person-password"
      autocomplete="new-password"
      value=${t.password}
      aria-invalid=${o?"true":void 0}
      aria-describedby=${o?"person-password-error person-password-hint":"person-password-hint"}
      onInput=${l=>r(l.target.value)}
    />
    <${Z} id="person-password-error" problem=${o} />
    <p class="hint" id="person-password-hint">${s} ${!e.isNew&&n("keepPassword")}</p>
  </div>`;function Bn({servers:e,change:t}){let[s]=R(d=>C("server_list",{},d),[]),o=s?.servers.map(({server:d})=>d)??[],r=Object.keys(e).toSorted(),l=o.filter(d=>!r.includes(d));function i(d,u,$){let p=new Set(["view",...e[d]]);$?p.add(u):p.delete(u),t({...e,[d]:[...p]})}let c=d=>{let{[d]:u,...$}=e;t($)};return a`<fieldset>
    <legend>${n("rightsByServer")}</legend>
    ${r.length>0&&a`<div class="scroll" tabindex="0" role="group" aria-label=${n("rightsByServer")}>
        <table class="plain rights">
          <thead>
            <tr>
              <th scope="col">${n("server")}</th>
              ${Ht.map(d=>a`<th scope="col" key=${d}>${n(`right.${d}`)}</th>`)}
              <th scope="col"><span class="sr">${n("takeAway")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${r.map(d=>a`<tr key=${d}>
                <th scope="row">${d}</th>
                ${Ht.map(u=>a`<td key=${u}>
                    <input
                      type="checkbox"
                      aria-label=${`${d}: ${n(`right.${u}`)}`}
                      checked=${e[d].includes(u)}
                      onChange=${$=>i(d,u,$.target.checked)}
                    />
                  </td>`)}
                <td>
                  <button class="btn icon" type="button" aria-label=${n("takeAwayOf",{id:d})} title=${n("takeAwayOf",{id:d})} onClick=${()=>c(d)}>
                    <${T} name="x" />
                  </button>
                </td>
              </tr>`)}
          </tbody>
        </table>
      </div>`}
    <p class="hint">${n("seesIt")}</p>
    ${(!s||l.length>0)&&a`<${$e}
        label=${n("addServer")}
        value=""
        choices=${[["",n("addServer")],...l.map(d=>[d,d])]}
        change=${d=>d&&t({...e,[d]:["view"]})}
      />`}
  </fieldset>`}function je(){let e=J.value.auth==="password",[t,s]=R(async()=>e?it("login_info"):null,[]);return!e||s?"":t&&n("passwordRule",{n:k(t.passwordPolicy.minLength)})}var Rn={isNew:!0,username:"",servers:{}};function Kt(){let[e,t]=m(0),[s,o]=m(!1),[r,l]=R(f=>C("user_list",{},f),[e]),{q:i="",kind:c="",who:d=""}=ae.value.query,u=je(),$=r?.users??[],p=$.filter(f=>Gt[c](f)&&Wn(f).includes(i.toLowerCase())),h=s?Rn:$.find(({username:f})=>f===d),w=()=>{o(!1),U({who:""})},v=()=>{w(),t(e+1)},O=[["",a`<span class="n">${k($.length)}</span> ${n("all")}`],...["admins","off"].map(f=>[f,$.filter(Gt[f]).length]).filter(([f,b])=>b||f===c).map(([f,b])=>[f,a`<span class="n">${k(b)}</span> ${n(In[f](b))}`])];return a`<div class="page-head">
      <h1>${n("people")}</h1>
      <div class="page-acts">
        <a class="btn only-s" href="#/audit"><${T} name="scroll-text" />${n("audit")}</a>
        <button class="btn primary" type="button" onClick=${()=>o(!0)}><${T} name="plus" />${n("newUser")}</button>
      </div>
    </div>
    <div class="filters">
      <${H} label=${n("filterPeople")} placeholder=${n("filterPeople")} value=${i} change=${f=>U({q:f})} />
      <${X} label=${n("showOnly")} value=${c} all=${O} change=${f=>U({kind:f})} />
    </div>
    <${L} text=${A(l)} />
    <div class=${h?"people-grid":""}>
      <${Hn} ...${{shown:p,who:s?"":d}} edit=${f=>{o(!1),U({who:f})}} />
      ${h&&(s||u!==null)&&a`<${Ut} key=${h.username} ...${{user:h,hint:u,done:v,close:w}} />`}
    </div>`}var In={admins:e=>e===1?"admins.one":"admins",off:()=>"disabledOnes"},Gt={"":()=>!0,admins:({admin:e})=>e,off:({disabled:e})=>e},Wn=({username:e,servers:t})=>[e,...Object.keys(t)].join(" ").toLowerCase(),Hn=({shown:e,who:t,edit:s})=>a`<div class="table-wrap">
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">${n("name")}</th>
          <th scope="col">${n("may")}</th>
          <th scope="col"><span class="sr">${n("more")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${e.map(o=>{let{username:r,disabled:l}=o,i=[l&&"paused",r===t&&"here"].filter(Boolean).join(" ");return a`<tr key=${r} class=${i}>
            <th scope="row">
              <span class="ava" aria-hidden="true">${r.charAt(0).toUpperCase()}</span
              ><button class="link" type="button" aria-current=${r===t?"true":void 0} onClick=${()=>s(r)}>
                ${r}
              </button>
              <${Un} user=${o} />
            </th>
            <td title=${De(o)}>${Kn(o)}</td>
            <td class="acts"><${Te} label=${n("moreFor",{id:r})} items=${qn(r,s)} /></td>
          </tr>`})}
      </tbody>
    </table>
  </div>`,qn=(e,t)=>[{icon:"settings",text:n("edit"),act:()=>t(e)},{icon:"scroll-text",text:n("whatTheyDid"),act:()=>ie(`/audit?who=${encodeURIComponent(e)}`)}],Un=({user:e})=>["admin","disabled","external"].filter(t=>e[t]).map(t=>a` <span key=${t} class=${t==="admin"?"tag acc":"tag"}>${n(t)}</span>`),Gn=4;function Kn({admin:e,create:t,servers:s}){let o=Object.keys(s);if(e||!o.length)return De({admin:e,create:t,servers:s});let r=new Set(o.map(c=>Vt(s[c]))),l=o.length<Gn?o.join(", "):Y("nServers",o.length),i=r.size===1?`${l}: ${[...r][0]}`:l;return[t&&n("mayCreate"),i].filter(Boolean).join(" \xB7 ")}function Vt(e){let t=e.filter(s=>s!=="view");return(t.length?t:e).map(s=>n(`right.${s}`)).join(", ")}function De({admin:e,create:t,servers:s}){if(e)return n("everything");let o=Object.entries(s).map(([r,l])=>`${r}: ${Vt(l)}`);return[t&&n("mayCreate"),...o].filter(Boolean).join(" \xB7 ")||n("nothing")}function zt(){return a`<div class="page-head">
      <h1>${Ce.value.username}</h1>
      ${!qe()&&a`<div class="page-acts">
          <button class="btn" type="button" onClick=${vt}><${T} name="log-out" />${n("logout")}</button>
        </div>`}
    </div>
    <${zn} />
    ${!qe()&&a`<${Qe} name="mayDo" about=${n("mayDo.about")}><p class="wide">${De(Ce.value)}</p><//>`}
    ${J.value.auth==="password"&&a`<${Yn} />`}`}var Qe=({name:e,about:t,children:s})=>a`<section class="set" aria-labelledby=${`account-${e}`}>
    <div class="set-head">
      <h2 id=${`account-${e}`}>${n(e)}</h2>
      <p class="muted">${t}</p>
    </div>
    <div class="set-body">${s}</div>
  </section>`,Vn=[["dark","moon"],["light","sun"],["",null]];function zn(){let e=async t=>{let s=t&&await globalThis.Notification?.requestPermission()==="granted";xt(s),!(!t||s)&&(document.getElementById("account-tells").checked=!1,D(n("notAllowedToTell")))};return a`<${Qe} name="looks" about=${n("onThisDevice")}>
    <div class="field">
      <span class="lab" aria-hidden="true">${n("theme")}</span>
      <div class="seg" role="group" aria-label=${n("theme")}>
        ${Vn.map(([t,s])=>a`<button key=${t} type="button" aria-pressed=${String(yt.value===t)} onClick=${()=>wt(t)}>
              ${s&&a`<${T} name=${s} />`}${n(`theme.${t||"system"}`)}
            </button>`)}
      </div>
    </div>
    <div class="field">
      <span class="lab" aria-hidden="true">${n("language")}</span>
      <${$e} label=${n("language")} value=${ct} choices=${Object.entries(lt)} change=${dt} />
    </div>
    <${V} id="account-tells" label=${n("tellMe")} checked=${kt.value} hint=${n("tellHint")} change=${e} />
    <${V} id="account-letters" label=${n("useLetters")} checked=${Ot.value} hint=${n("lettersHint")} change=${St} />
  <//>`}function Yn(){let[e,t]=m(""),[s,o]=m(""),[r,l]=m(null),[i,c]=m(!1),d=q(null),u=je();te(d,r);async function $(v){v.preventDefault(),c(!1),l(null);try{await C("password_change",{oldPassword:e,password:s}),t(""),o(""),c(!0),D(n("passwordChanged"))}catch(O){l(O),D(A(O))}}let p=r?.code==="invalid_credentials"?n("wrongOld"):void 0,h=I(r,"","password"),w=(v,O,f,b,S,y)=>{let g=`account-${v}`;return a`<div class=${S?"field wrong":"field"}>
      <label for=${g}>${n(v)}</label>
      <${ue}
        ...${{id:g,autocomplete:O,value:f,required:!0}}
        aria-invalid=${S?"true":void 0}
        aria-describedby=${[S&&`${g}-error`,y&&`${g}-hint`].filter(Boolean).join(" ")||void 0}
        onInput=${N=>b(N.target.value)}
      />
      <${Z} id=${`${g}-error`} problem=${S} />
      ${y&&a`<p class="hint" id=${`${g}-hint`}>${y}</p>`}
    </div>`};return u===null?null:a`<form ref=${d} onSubmit=${$} noValidate>
    <${Qe} name="password" about=${n("passwordAbout")}>
      <input type="hidden" name="username" autocomplete="username" value=${Ce.value.username} />
      ${w("oldPassword","current-password",e,t,p)}
      ${w("newPassword","new-password",s,o,h,u)}
      ${!h&&!p&&a`<${L} text=${A(r)} />`}
      ${i&&a`<p class="good wide">${n("passwordChanged")}</p>`}
      <div class="wide"><button class="btn primary" type="submit">${n("changePassword")}</button></div>
    <//>
  </form>`}var Jn=25,Yt=200,Qn=2e3;function Zn(e,t,s,o,r){return K(async()=>{let l=e.newest===null,i=l?{limit:Ge}:{after:e.newest,limit:Yt,wait:Ve()?Jn:0},c=Nt(r),d;try{d=await C("event_list",{...t,...i},c.signal)}catch($){if(c.signal.aborted&&!r.aborted)return!0;throw $}finally{c.end()}let u=l||d.events.length>0||d.newest<e.newest;return e.take(d,s()),u&&o(),l||d.events.length===Yt||Ve()},Qn,r)}var Xn=e=>e!==null&&(e.getBoundingClientRect().top<0||e.querySelector("a:hover, a:focus")!==null);function Ze({server:e}){let[t,s]=m(""),[o,r]=m(""),l=[["",n("all")],...Object.keys(Ke).map(i=>[i,n(`kind.${i}`)])];return a`<div class="tab-head">
      ${e&&a`<h2>${n("events")}</h2>`}
      <${X} label=${n("showOnly")} value=${t} all=${l} change=${s} />
      <${H} label=${n("searchEvents")} placeholder=${n("searchEvents")} value=${o} change=${r} />
    </div>
    <${ts} key=${t} ...${{server:e,kind:t,wanted:o}} />`}var Jt=e=>Et(e,he.value?.get(e.server)?.type);function es(e,t){if(!t)return!0;let{text:s,more:o}=Jt(e);return[e.server,s,o].join(" ").toLowerCase().includes(t.toLowerCase())}function ts({server:e,kind:t,wanted:s}){let o={...e?{server:e}:{},...t?{kinds:Ke[t]}:{}},[r]=m(()=>new Tt),[,l]=m(0),[i,c]=m(null),[d,u]=m(!1),$=q(null),p=()=>l(g=>g+1);B(()=>{let g=new AbortController;return Zn(r,o,()=>Xn($.current),p,g.signal),()=>g.abort()},[]);function h(){r.show(),p(),$.current.focus({preventScroll:!0}),$.current.getBoundingClientRect().top<0&&$.current.scrollIntoView()}async function w(){if(!d){u(!0);try{await r.bringOlder((g,N)=>C("event_list",{...o,after:g,limit:N})),c(null)}catch(g){c(g)}u(!1)}}let{fresh:v,isAll:O,isFull:f,newest:b}=r,S=r.shown.filter(g=>es(g,s)),y=!!s&&b!==null&&S.length<Ge&&!O&&!f&&!i;return B(()=>{y&&!d&&w()},[y,d]),a`<div class="fresher">
      ${v.length>0&&a`<button class="btn primary" onClick=${h}>
        ${n(v.length===1?"newEvent":"newEvents",{n:v.length})}
      </button>`}
    </div>
    <div class="events" tabindex="0" role="region" aria-label=${n("activity")} ref=${$}>
      ${b===null&&a`<p class="muted">${n("loading")}</p>`}
      ${b!==null&&!S.length&&a`<p class="muted">${n(y?"searching":s?"noEntries":"noEvents")}</p>`}
      ${ns(S).map(({day:g,events:N})=>a`<${e?"h3":"h2"} key=${g} class="day">${g}<//>
          <ol key=${`${g} list`}>
            ${N.map(F=>a`<${rs} key=${F.event} event=${F} isNamed=${!e} />`)}
          </ol>`)}
      <${L} text=${A(i)} />
      ${f&&a`<p class="muted">${n("noMoreEvents",{n:At})}</p>`}
      ${S.length>0&&!O&&!f&&a`<p class="more">
          <button class="btn" aria-disabled=${d||void 0} onClick=${w}>${n("showOlder")}</button>
        </p>`}
    </div>`}function ns(e){let t=[];for(let s of e){let o=fe(s.at);t.at(-1)?.day===o?t.at(-1).events.push(s):t.push({day:o,events:[s]})}return t}var ss=({icon:e,state:t})=>t?a`<${ce} state=${t} />`:a`<${T} name=${e} />`;function os({job:e}){let[t,s]=m(!1);return a`<details class="job-output" onToggle=${({target:o})=>s(o.open)}>
    <summary>${n("jobOutput")}</summary>
    ${t&&a`<${Lt} job=${e} isOver />`}
  </details>`}function rs({event:e,isNamed:t}){let s=e.kind.startsWith("job_")&&Pt.includes(e.data.kind)&&G(e.server,"view"),{text:o,who:r,more:l,picture:i,tone:c}=Jt(e);return a`<li>
    <time dateTime=${new Date(e.at*1e3).toISOString()} title=${se(e.at)}>${Oe(e.at)}</time>
    <span class=${`ev-ic ${c}`}><${ss} ...${i} /></span>
    <span class="ev-t">
      ${t&&e.server&&a`<a href=${`#/server/${e.server}/activity`}>${e.server}</a> `}
      <bdi>${r&&a`<b>${r}</b>`}${o.slice(r.length)}</bdi> ${l&&a`<span class="muted"><bdi>${l}</bdi></span>`}
      ${s&&a`<${os} job=${e.data.job} />`}
    </span>
  </li>`}var as=()=>a`<div class="page-head"><h1>${n("activity")}</h1></div>
    <${Ze} />`,is=as;var ne=50,Qt=500,ls=1e4;function Xt({action:e,result:t}){return le(`did.${e}`)?t==="ok"?n(`did.${e}`):n("tried",{what:n(`verb.${e}`)}):e}function en({result:e}){if(e==="ok")return n("done");let t=[`result.${e}`,`code.${e}`].find(le);return t?n(t):e.replaceAll("_"," ")}var cs=e=>[e.username??n("unknown"),Xt(e),e.server,e.target,en(e),e.address].join(" ").toLowerCase();function tn(){let[e,t]=R(x=>C("audit_log",{limit:ne},x),[]),[s,o]=m([]),[r,l]=m(!1),[i,c]=m(null),{q:d="",who:u="",server:$="",result:p=""}=ae.value.query,h={text:d,who:u,server:$,result:p},[w,v]=m(!1),[O,f]=m(ne),b=[...e?.entries??[],...s];async function S(x=ne){if(!w){v(!0);try{let M=b.at(-1).id,W=await C("audit_log",{before:M,limit:x});o([...s,...W.entries]),l(W.entries.length<x),c(null)}catch(M){c(M)}v(!1)}}let y=e?.entries.length===ne&&!r,g=Object.values(h).some(Boolean),N=b.filter(x=>ds(x,h)),F=g&&y&&!i&&N.length<O&&b.length<ls;B(()=>{F&&!w&&S(Qt)},[F,w]);let E=()=>{w||(f(O+ne),N.length<O+ne&&y&&S(g?Qt:ne))},_=x=>{let{text:M,...W}=x;U({q:M,...W}),f(ne)};return a`<div class="page-head">
      <h1>${n("whatPeopleDid")}</h1>
      <div class="page-acts">
        <button class="btn" type="button" onClick=${()=>ms(N)}><${T} name="download" />${n("download")}</button>
      </div>
    </div>
    <${us} ...${{entries:b,wanted:h,setWanted:_}} />
    <${L} text=${A(i??t)} />
    <div class="table-wrap">
      <table class="plain audit-t">
        <caption class="sr">${n("whatPeopleDid")}</caption>
        <thead>
          <tr>
            ${["when","who","did","server","what","result","where"].map(x=>a`<th key=${x} scope="col" class=${x==="when"?"num l":x==="where"?"hide-s":""}>${n(x)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${$s(N.slice(0,O))}
        </tbody>
      </table>
    </div>
    ${e&&!N.length&&a`<p class="more">${n(F?"searching":"noEntries")}</p>`}
    ${g&&a`<p class="more muted">${n("lookedThrough",{n:k(b.length)})}</p>`}
    ${(y||N.length>O)&&a`<p class="more">
        <button class="btn" aria-disabled=${w?"true":void 0} onClick=${E}>
          ${n("older")}
        </button>
      </p>`}`}function ds(e,{text:t,who:s,server:o,result:r}){return cs(e).includes(t.toLowerCase())&&(!s||e.username===s)&&(!o||e.server===o)&&(!r||e.result==="ok"==(r==="ok"))}function us({entries:e,wanted:t,setWanted:s}){let o=i=>c=>s({...t,[i]:c}),r=i=>[...new Set(e.map(c=>c[i]).filter(Boolean))].sort(),l=(i,c,d)=>a`<${$e} label=${n(i)} value=${t[i]} choices=${[["",c],...d]} change=${o(i)} />`;return a`<div class="filters">
    <${H} label=${n("filterAudit")} placeholder=${n("filterAudit")} value=${t.text} change=${o("text")} />
    ${l("who",n("everyone"),r("username").map(i=>[i,i]))}
    ${l("server",n("allServers"),r("server").map(i=>[i,i]))}
    ${l("result",n("anyResult"),[["ok",n("done")],["no",n("refusedOnes")]])}
  </div>`}function $s(e){let t=null;return e.flatMap(s=>{let o=fe(s.at)!==t;t=fe(s.at);let r=a`<tr class="day" key=${t}><th colspan="7" scope="rowgroup">${t}</th></tr>`,l=a`<${ps} key=${s.id} entry=${s} />`;return o?[r,l]:[l]})}var Zt=()=>a`<span class="none">–</span>`;function ps({entry:e}){let{at:t,username:s,address:o,action:r,server:l,target:i,result:c}=e,d=c==="ok",u=r==="server_cmd"?a`<code>${i}</code>`:i;return a`<tr>
    <td class="num l" title=${se(t)}>${Oe(t)}</td>
    <th scope="row">${s??n("unknown")}</th>
    <td>${Xt(e)}</td>
    <td>${l?a`<a href=${`#/server/${l}/console`}>${l}</a>`:Zt()}</td>
    <td class="what">${i?u:Zt()}</td>
    <td>
      <span class=${d?"mk good":"mk bad"}><${T} name=${d?"circle-check":"circle-x"} />${en(e)}</span>
    </td>
    <td class="hide-s mono">${o}</td>
  </tr>`}function ms(e){let t=i=>`"${String(i??"").replace(/^[=+\-@]/,"'$&").replaceAll('"','""')}"`,s=["id","at","username","address","action","server","target","result"],o=e.map(i=>s.map(c=>t(c==="at"?new Date(i.at*1e3).toISOString():i[c])).join(",")),r=[s.join(","),...o].join(`\r
`),l=URL.createObjectURL(new Blob([r],{type:"text/csv"}));Object.assign(document.createElement("a"),{href:l,download:"audit.csv"}).click(),URL.revokeObjectURL(l)}var fs=9,hs=({type:e,title:t,description:s,tags:o=[]})=>[e,t,s,P(t),P(s),...o,...o.map(P)].join(" ").toLowerCase();function bs(e){let t=new Map;for(let s of e.flatMap(({tags:o=[]})=>o))t.set(s,(t.get(s)??0)+1);return[...t].sort(([s,o],[r,l])=>l-o||s.localeCompare(r))}function nn(){let[e,t]=R(h=>C("server_create_options",{},h),[]),s=Q()?e:null,[o,r]=m(!1),{q:l="",tag:i=""}=ae.value.query,c=(s?.types??[]).toSorted((h,w)=>h.missing.length-w.missing.length),d=c.filter(h=>(!i||h.tags?.includes(i))&&(!o||!h.missing.length)&&hs(h).includes(l.toLowerCase())),u=bs(c).filter(([h],w)=>w<fs||h===i),$=[["",a`<span class="n">${k(c.length)}</span> ${n("all")}`],...u.map(([h,w])=>[h,a`<span class="n">${k(w)}</span> ${P(h)}`])],p=n("searchGames",{n:k(c.length)});return a`<div class="page-head"><h1>${n("newServer")}</h1></div>
    <div class="filters">
      <${H} label=${p} placeholder=${p} value=${l} change=${h=>U({q:h})} />
      <${X} label=${n("tags")} value=${i} all=${$} change=${h=>U({tag:h})} />
      <label class="inline"
        ><input type="checkbox" checked=${o} onChange=${h=>r(h.target.checked)} /> ${n("onlyReady")}</label
      >
    </div>
    ${!s&&a`<p class="muted">${t?A(t):n("loading")}</p>`}
    ${s&&!d.length&&a`<${de} icon="list-filter" title=${n("noGameFits")}>
        <button class="btn" onClick=${()=>U({q:"",tag:""})}>${n("clearFilter")}</button>
      <//>`}
    <ul class="types">
      ${d.map(h=>a`<li key=${h.type}><${_t} type=${h} /></li>`)}
    </ul>
    ${s&&a`<p class="more muted">
        ${n("nShown",{n:k(d.length),all:k(c.length)})} ${n("gameMissing")} <code>gamepanel import</code>
      </p>`}
    ${s?.problems?.length>0&&a`<${gs} problems=${s.problems} />`}`}var gs=({problems:e})=>a`<section class="notice" aria-label=${n("typeProblems")}>
    <span><${T} name="triangle-alert" /></span>
    <div>
      <b>${n("typeProblems")}</b>
      <ul>
        ${e.map(({file:t,detail:s})=>a`<li key=${t}><code>${t}</code> ${s}</li>`)}
      </ul>
    </div>
  </section>`;function sn({type:e}){return gt()?e?a`<${ks} key=${e} type=${e} />`:a`<${nn} />`:a`<${de} icon="lock" title=${n("code.forbidden")} />`}var vs=e=>Object.fromEntries(e.filter(({type:t,value:s})=>t==="port"&&s!==null).map(({name:t,value:s})=>[t,s])),ys=e=>e.normalize("NFKD").replace(/\p{M}/gu,"").toLowerCase().replace(/ß/g,"ss").replace(/[^a-z0-9]+/g,"-").replace(/^-+|-+$/g,"").slice(0,32),Xe=new be,ws={id:null,description:"",options:{}};function ks({type:e}){let[t,s]=R(p=>C("server_create_options",{type:e},p),[]),o=Q()?t:null,[r,l]=m(0),[i,c]=R(p=>C("server_create_options",{},p),[r]),d=i?.types.find(p=>p.type===e),u=P(d?.title??e),$=o&&i;return a`<div class="create">
    <div class="create-grid">
      <div>
        <p class="back-line"><a href="#/new"><${T} name="chevron-left" />${n("toGames")}</a></p>
        <div class="create-head">
          <${Ee} icon=${d?.icon} css="big" />
          <div>
            <h1>${n("newOf",{title:u})}</h1>
            <p class="muted">${o&&P(d?.description??"")} <${xs} url=${o?.homepage} /></p>
          </div>
        </div>
        ${$&&d?.missing.length>0&&a`<${Ss} about=${d} again=${()=>l(r+1)} />`}
        ${$?a`<${Ts} ...${{type:e,properties:o.options}} />`:a`<p class="muted">${A(s??c)||n("loading")}</p>`}
      </div>
      <${Cs} about=${d} />
    </div>
  </div>`}function xs({url:e}){if(!/^https?:/.test(e??"")||!URL.canParse(e))return null;let t=new URL(e).hostname.replace(/^www\./,"");return a`<a href=${e} target="_blank" rel="noopener noreferrer">${t}</a>`}var Os=e=>/^(?:apt|pip|npm) install \S+( \S+)*$/.test(e)&&!e.includes(","),Ss=({about:{missing:e,hint:t},again:s})=>a`<section class="notice warn" aria-label=${n("whatLacks")}>
    <span><${T} name="triangle-alert" /></span>
    <div>
      <b>${n("missing",{programs:e.join(", ")})}</b>
      <p>${t&&(Os(t)?a`${n("addIt")} <code>${t}</code>. `:`${P(t)}. `)}${n("fillInNow")}</p>
    </div>
    <div class="notice-acts">
      <button class="btn" type="button" onClick=${s}><${T} name="refresh-cw" />${n("lookAgain")}</button>
      ${t&&a`<button class="btn icon" type="button" aria-label=${n("copyIt",{text:t})} title=${n("copyIt",{text:t})} onClick=${()=>Ne(t)}>
          <${T} name="copy" />
        </button>`}
    </div>
  </section>`;function Cs({about:e}){let t=Mt(),s=t&&Object.values(t.servers).reduce((r,l)=>r+l,0),o=t&&[[n("memoryFree"),j(t.memoryTotal-t.memoryBytes)],[n("diskFree"),j(t.diskFree)],[n("servers"),k(s)]];return a`<aside class="side" aria-label=${n("whatHappens")}>
    <h2>${n("whatHappens")}</h2>
    <ol class="will">
      <li>${n("willMake")}</li>
      <li>${n("willInstall",{title:P(e?.title??"")})}</li>
      <li>${n("willWait")}</li>
    </ol>
    ${o&&a`<h2>${n("hostHas")}</h2>
        <dl class="have">
          ${o.map(([r,l])=>a`<div key=${r}>
              <dt>${r}</dt>
              <dd>${l}</dd>
            </div>`)}
        </dl>`}
  </aside>`}function As(e){let t=new Map;for(let s of e.filter(({accept:o})=>!o)){let{group:o,type:r}=s,l=o?P(o):n(r==="port"?"section.network":"section.game");t.set(l,[...t.get(l)??[],s])}return[...t]}function Ts({type:e,properties:t}){let[s,o]=m(Xe.get(e,ws)),[r,l]=m(null),[i,c]=m(!1),d=q(null);te(d,r);let u=b=>{Xe.set(e,b),o(b)},$=s.id??ys(s.description),p=i||!$||z.value!==null;async function h(b){if(b.preventDefault(),!p){c(!0),l(null);try{let S=Pe(t,{...vs(t),...s.options});await C("server_create",{type:e,server:$,description:s.description,options:S}),Xe.delete(e),await ft().catch(()=>{}),ie(`/server/${$}/console`)}catch(S){l(S),D(A(S)),c(!1)}}}let w=b=>u({...s,options:b}),v={parent:"options",error:r,draft:s.options,setDraft:w,creating:!0},O=[{name:"server"},{name:"description"},...t],f=_e(r,"options",O);return a`<form class="form-card" ref=${d} onSubmit=${h} noValidate>
    <fieldset class="grp">
      <legend>${n("aboutIt")}</legend>
      <${oe}
        id="own-description"
        label=${n("description")}
        value=${s.description}
        problem=${I(r,"","description")}
        hint=${n("descriptionHint")}
        change=${b=>u({...s,description:b})}
      />
      <${oe}
        id="own-server"
        label=${n("id")}
        css="field"
        value=${$}
        problem=${I(r,"","server")}
        hint=${n("idHint")}
        change=${b=>u({...s,id:b})}
        autocapitalize="none"
        autocomplete="off"
        spellcheck=${!1}
      />
    </fieldset>
    ${As(t).map(([b,S])=>a`<fieldset class="grp" key=${b}>
        <legend>${b}</legend>
        <${Me} ...${v} properties=${S} />
      </fieldset>`)}
    ${t.filter(({accept:b})=>b).map(b=>a`<${Es} key=${b.name} ...${{property:b,...v}} />`)}
    <${L} text=${f&&A(r)} />
    <div class="form-foot">
      <span class="con-space"></span>
      <a class="btn quiet" href="#/new">${n("cancel")}</a>
      <button class=${i?"btn primary busy":"btn primary"} type="submit" aria-disabled=${p?"true":void 0}>
        ${n("create")}
      </button>
    </div>
  </form>`}function Es({property:e,error:t,draft:s,setDraft:o}){let{name:r,title:l,accept:i}=e,c=I(t,"options",r);return a`<div class=${c?"accept wrong":"accept"}>
    <label class="inline"
      ><input
        type="checkbox"
        checked=${!!s[r]}
        aria-invalid=${c?"true":void 0}
        aria-describedby=${c?`field-${r}-error`:void 0}
        onChange=${d=>o({...s,[r]:d.target.checked})}
      />${P(l||r)}</label
    >
    <a href=${i} target="_blank" rel="noopener noreferrer">${i}</a>
    <${Z} id=${`field-${r}-error`} problem=${c} />
  </div>`}var Ns=86400,Ps=3,on=4;function an(e){let t=[];return e.forEach((s,o)=>{s!==null&&(t.at(-1)?.[1]===o?t.at(-1)[1]++:t.push([o,o+1]))}),t}var Ls=2**20;function rn(e,t){let s=t?1024**Math.floor(Math.log2(Math.max(e,1))/10):1,o=e/s/3,r=10**Math.floor(Math.log10(o)),l=[1,2,5,10].map(i=>i*r).find(i=>i>=o)*s;return Array.from({length:Math.floor(e/l)+1},(i,c)=>c*l)}var et=e=>`${(100*e).toFixed(2)}%`;function _s(e,t){let s=600/Math.max(e.length,1),o=i=>(i*s).toFixed(1),r=i=>(100-i/t*100).toFixed(1),l=an(e).map(([i,c])=>{let d=e.slice(i,c).map(($,p)=>`${o(i+p+.5)},${r($)}`),u=[`${o(i)},${r(e[i])}`,...d,`${o(c)},${r(e[c-1])}`].join(" ");return{line:u,area:`${o(i)},100 ${u} ${o(c)},100`}});return{x:o,y:r,curves:l}}function Ms(e,t,s,o){let r=e.filter(c=>c!==null);if(!r.length)return[n("nowValue",{now:t}),n("noHistory")].join(" \xB7 ");let l=r.reduce((c,d)=>c+d,0)/r.length,i=n("mostOf",{most:s(r.reduce((c,d)=>Math.max(c,d),0))});return[n("nowValue",{now:t}),o&&n("meanOf",{mean:s(l)}),i].filter(Boolean).join(" \xB7 ")}function Fe({name:e,samples:t,now:s,most:o=0,say:r,idle:l,limit:i=null,isBytes:c=!1,hasMean:d=!1}){let u=(t??[]).map(({value:y})=>y),$=u.reduce((y,g)=>Math.max(y,g??0),0),p=Math.max(o,$,i?.value??0,c?Ls:1e-9)*1.08,{x:h,y:w,curves:v}=_s(u,p),O=v.length?an(u.map(y=>y===null?0:null)):[],f=t?Ms(u,s,r,d):n("loading"),b=[n(e),f,i?.text,O.length>0&&l].filter(Boolean),S=O.toSorted(([y,g],[N,F])=>F-N-(g-y))[0];return a`<figure class="graph chart">
    <figcaption><b>${n(e)}</b><span class="facts-of">${f}</span></figcaption>
    <div class="plot">
      <div class="ys" aria-hidden="true">
        ${rn(p,c).map(y=>a`<span key=${y} style=${{top:et(1-y/p)}}>${r(y)}</span>`)}
      </div>
      <div class="area">
        <svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label=${b.join(" \xB7 ")}>
          ${rn(p,c).map(y=>a`<line key=${y} class="grid" x1="0" x2="600" y1=${w(y)} y2=${w(y)} />`)}
          ${O.map(([y,g])=>a`<rect key=${y} class="gap" x=${h(y)} width=${(h(g)-h(y)).toFixed(1)} y="0" height="100" />`)}
          ${v.map(({line:y,area:g})=>a`<polygon points=${g} /><polyline points=${y} />`)}
          ${i&&a`<line class="limit" x1="0" x2="600" y1=${w(i.value)} y2=${w(i.value)} />`}
        </svg>
        ${i&&a`<span class="limit-label" aria-hidden="true" style=${{top:et(1-i.value/p)}}>${i.text}</span>`}
        ${S&&a`<span class="gap-label" aria-hidden="true" style=${{left:et((S[0]+S[1])/2/u.length)}}>
            ${l}
          </span>`}
      </div>
    </div>
    <${js} samples=${t} />
  </figure>`}function js({samples:e}){if(!e?.length)return a`<p class="xs" aria-hidden="true"></p>`;let[t,s]=[e[0].at,e.at(-1).at],o=s-t>Ns?pt:$t,r=l=>t+(s-t)*l/on;return a`<p class="xs" aria-hidden="true">
    ${Array.from({length:on},(l,i)=>a`<span key=${i}>${o(r(i))}</span>`)}
    <span>${n("now")}</span>
  </p>`}function Be(e,t,s,o){if(!e)return null;let r=e.samples.map(l=>({at:l.at,value:l[t]}));if(typeof s!="number")return r;for(let l of r.slice(-Ps).toReversed()){if(l.value!==null||l.at+e.interval<=o)break;l.value=s}return r}var dn=[{name:"hour",seconds:3600,freshMs:6e4},{name:"sixHours",seconds:21600,freshMs:6e4},{name:"day",seconds:86400,freshMs:18e4},{name:"week",seconds:604800,freshMs:9e5},{name:"sixtyDays",seconds:5184e3,freshMs:9e5}],ln=dn[2],cn=[{name:"cpu",field:"cpuPercent",most:10,say:xe,hasMean:!0},{name:"memory",field:"memoryBytes",most:0,say:j,isBytes:!0}],un={name:"players",field:"players",most:1,say:k};function Ds(e,t,{seconds:s,freshMs:o}){let[r,l]=m(null);return B(()=>{l(null);let i=new AbortController;return K(async()=>l(await C(e,{...t,seconds:s},i.signal)),o,i.signal),()=>i.abort()},[e,t.server,s]),r}function Re({title:e,name:t,fields:s={},css:o="graphs",draw:r}){let[l,i]=m(ln),c=Ds(t,s,l),d=u=>{ln=u,i(u)};return a`<div class="tab-head">
      <h2>${e}</h2>
      <div class="seg" role="group" aria-label=${n("timeSpan")}>
        ${dn.map(u=>a`<button
              key=${u.name}
              type="button"
              aria-pressed=${String(u===l)}
              onClick=${()=>d(u)}
            >
              ${n(u.name)}
            </button>`)}
      </div>
    </div>
    <div class=${o}>${r(c)}</div>`}function $n(e,t,{name:s,field:o,say:r,...l}){let{usage:i,players:c,startedAt:d}=e,u={...i,players:c?.online}[o];return a`<${Fe}
    key=${s}
    ...${{name:s,say:r,...l}}
    samples=${Be(t,o,u,d)}
    now=${typeof u=="number"?r(u):"\u2013"}
    idle=${n("didNotRun")}
    limit=${jt(e)[o]}
  />`}var pn=({status:e})=>a`<${Re}
    title=${n("history")}
    name="server_history"
    fields=${{server:e.server}}
    css="graphs one"
    draw=${t=>$n(e,t,un)}
  />`;function mn({status:e}){let t=s=>((s?s.samples.some(({players:r})=>r!==null):e.players)?[...cn,un]:cn).map(r=>$n(e,s,r));return a`<${Re}
    title=${n("history")}
    name="server_history"
    fields=${{server:e.server}}
    draw=${t}
  />`}var Fs=({id:e,status:t})=>a`${t?a`<${mn} status=${t} />`:a`<div class="graphs waiting"></div>`}<${Ze} key=${e} server=${e} />`;var Bs=3e3,fn=8;function hn(){let[e,t]=m(null),[s,o]=m(null);return B(()=>{let r=new AbortController;return K(async()=>{try{t(await C("host_status",{},r.signal)),await ht(r.signal),o(null)}catch(i){throw i.code&&o(i),i}},Bs,r.signal),()=>r.abort()},[]),a`<div class="page-head">
      <h1>${n("host")}</h1>
      <div class="page-acts">
        <span class="muted">${location.hostname}${e&&` \xB7 ${n("upFor",{n:He(e.uptime)})}`}</span>
      </div>
    </div>
    <${L} text=${A(s)} />
    ${e?a`<${Rs} status=${e} />`:a`<p class="muted">${n("loading")}</p>`}`}var Ie=({name:e,value:t,about:s,share:o})=>a`<div class="tile">
    <span class="k">${n(e)}</span><b>${t}</b><span class="muted">${s}</span>
    ${o!==void 0&&a`<${ze} share=${o} />`}
  </div>`;function Rs({status:e}){let{cores:t,load:s,daemon:o,memoryBytes:r,memoryTotal:l,diskFree:i,diskTotal:c}=e,d=p=>xe(p/t),u=e.cpuPercent,$=He(ye()-o.startedAt);return a`<section class="tiles" aria-label=${n("rightNow")}>
      <${Ie}
        name="cpu"
        value=${u===null?"\u2013":d(u)}
        about=${n("coresAndLoad",{n:k(t),load:s.map(k).join(" \xB7 ")})}
        share=${(u??0)/t/100}
      />
      <${Ie} name="memory" value=${j(r)} about=${n("ofLimit",{limit:j(l)})} share=${r/l} />
      <${Ie}
        name="disk"
        value=${n("nFree",{n:j(i)})}
        about=${n("ofLimit",{limit:j(c)})}
        share=${1-i/c}
      />
      <${Ie} name="daemon" value=${j(o.memoryBytes)} about=${`gamepanel ${o.version} \xB7 ${n("upFor",{n:$})}`} />
    </section>
    <${Re} title=${n("overTime")} name="host_history" draw=${p=>Is(e,p,d)} />
    <div class="host-cols">
      <${Ws} disk=${e.disk??[]} />
      <${qs} />
      <${Ks} status=${e} />
    </div>`}function Is(e,t,s){return[{name:"cpu",field:"cpuPercent",most:100*e.cores,say:s,hasMean:!0},{name:"memory",field:"memoryBytes",say:j,isBytes:!0,limit:{value:e.memoryTotal,text:n("allThereIs")}},{name:"diskFree",field:"diskFree",say:j,isBytes:!0}].map(({field:r,say:l,...i})=>{let c=e[r];return a`<${Fe}
      key=${i.name}
      ...${{say:l,...i}}
      samples=${Be(t,r,c,e.daemon.startedAt)}
      now=${c===null?"\u2013":l(c)}
      idle=${n("daemonAway")}
    />`})}function Ws({disk:e}){let[t,s]=m(!1),o=t?e:e.slice(0,fn);return a`<section class="panel" aria-label=${n("diskPerServer")}>
    <div class="tab-head">
      <h2>${n("diskPerServer")}</h2>
    </div>
    <p class="muted">${n(e.length?"diskMeasured":"noDiskLimits")}</p>
    ${e.length>0&&a`<table class="plain bars">
        <thead class="sr">
          <tr>
            ${["server","partOfLimit","size"].map(r=>a`<th scope="col" key=${r}>${n(r)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${o.map(({server:r,bytes:l,limit:i})=>a`<tr key=${r}>
              <th scope="row">
                <${Ee} icon=${he.value?.get(r)?.icon} /><a href=${`#/server/${r}/settings`}>${r}</a>
              </th>
              <td class="bar"><${ze} share=${l/i} /><span class="sr">${n("ofLimit",{limit:j(i)})}</span></td>
              <td class="num" title=${n("ofLimit",{limit:j(i)})}>${j(l)}</td>
            </tr>`)}
        </tbody>
      </table>`}
    ${e.length>o.length&&a`<p class="more">
        <button type="button" class="link" onClick=${()=>s(!0)}>${n("allServersN",{n:k(e.length)})}</button>
      </p>`}
  </section>`}function Hs({server:e,status:t,ports:s=[],runPorts:o}){let r=o??[],l=s.filter(i=>!r.some(({name:c,port:d})=>c===i.name&&d===i.port));return[...r.map(i=>({...i,server:e,status:t,isOpen:!0})),...l.map(i=>({...i,server:e,status:t,isOpen:!r.length&&re(t)}))]}function qs(){let[e,t]=m(""),[s,o]=m(!1),r=[...he.value?.values()??[]].flatMap(Hs).sort((c,d)=>c.port-d.port),l=r.filter(({port:c,server:d})=>`${c} ${d}`.includes(e.toLowerCase())),i=s?l:l.slice(0,fn);return a`<section class="panel" aria-label=${n("ports")}>
    <div class="tab-head">
      <h2>${n("ports")}</h2>
      <${H} label=${n("portOrServer")} placeholder=${n("portOrServer")} value=${e} change=${t} />
    </div>
    ${!r.length&&a`<p class="muted">${n("noPorts")}</p>`}
    ${r.length>0&&a`<table class="plain">
        <thead>
          <tr>
            ${["port","protocol","server","rightNow"].map(c=>a`<th scope="col" key=${c} class=${c==="port"?"num":""}>${n(c)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${i.map(c=>a`<tr key=${`${c.port} ${c.server} ${c.name}`}>
              <th scope="row" class="num">${c.port}</th>
              <td>${n(`protocol.${c.protocol}`)}</td>
              <td><a href=${`#/server/${c.server}/console`}>${c.server}</a></td>
              <td>
                <span class=${c.isOpen?"on":"on muted"}
                  ><${ce} state=${c.isOpen?"running":ge(c.status)?"stopped":"unknown"} />${n(c.isOpen?"portOpen":ge(c.status)?"atRest":`state.${c.status}`)}</span
                >
              </td>
            </tr>`)}
        </tbody>
      </table>`}
    ${l.length>i.length&&a`<p class="more">
        <button type="button" class="link" onClick=${()=>o(!0)}>${n("allPorts",{n:k(l.length)})}</button>
      </p>`}
  </section>`}var Us=({isGood:e,text:t})=>a`<span class=${e?"mk good":"mk warn"}><${T} name=${e?"circle-check":"triangle-alert"} />${t}</span>`;function Gs(e){let t=r=>e.includes(r),s=["memory","cpu","process"].filter(r=>t(`${r}-limit`)),o=t("uid-per-server")?n("ownUsers"):"";return[["isolationOf",t("isolation"),[t("isolation")?n("isOn"):n("cantHere"),o].filter(Boolean).join(", ")],["limitsOf",s.length>0,s.map(r=>n(`limit.${r}`)).join(", ")||n("cantHere")],["diskLimitOf",!1,n(t("disk-limit")?"watchedOnly":"cantHere")],["killOf",t("containment"),n(t("containment")?"endsAll":"mayEscape")]]}function Ks({status:e}){let[t]=R(i=>C("server_create_options",{},i),[]),{daemon:s}=e,o=Object.entries(e.servers).map(([i,c])=>`${k(c)} ${n(`state.${i}`)}`),r=t?.types.filter(({missing:i})=>!i.length).length,l=[["gamepanel",`${s.version}, ${n("processN",{n:s.pid})}`],[n("servers"),o.length?o.join(" \xB7 "):n("none")],t&&[n("games"),n("gamesReady",{n:k(t.types.length),ready:k(r)})],...Gs(J.value.features??[]).map(([i,c,d])=>[n(i),a`<${Us} ...${{isGood:c,text:d}} />`])].filter(Boolean);return a`<section class="panel" aria-label=${n("versions")}>
    <h2>${n("versions")}</h2>
    <dl class="kv">
      ${l.map(([i,c])=>a`<div key=${i}>
          <dt>${i}</dt>
          <dd>${c}</dd>
        </div>`)}
    </dl>
  </section>`}var Vs=5e3,bn=100,zs=2;function Ys(e){let[t,s]=m(null),[o,r]=m(null),[l,i]=m(0);return B(()=>{let c=new AbortController;return K(async()=>{try{s(await C("player_list",{server:e},c.signal)),r(null)}catch(u){throw u.code&&r(u),u}},Vs,c.signal),()=>c.abort()},[e,l]),[t,o,()=>i(c=>c+1)]}var gn={on:({online:e})=>e,seen:()=>!0};function vn({id:e,status:t}){let[s,o,r]=Ys(e),l=Q(),[i,c]=m(""),[d,u]=m(null),[$,p]=m(bn),[h,w]=m(null),v=s?.players??[],O=v.filter(gn.on),f=d??(O.length||!v.length?"on":"seen"),b=v.filter(g=>gn[f](g)&&Ue(g.name,t?.type).toLowerCase().includes(i.toLowerCase())),S=[["on",a`<span class="n">${k(O.length)}</span> ${n("onNow")}`],["seen",a`<span class="n">${k(v.length)}</span> ${n("seenAll")}`]],y=l&&G(e,"command")&&re(t?.status)?s?.actions??[]:[];return a`${t?a`<${pn} status=${t} />`:a`<div class="graphs one waiting"></div>`}
    <div class="tab-head">
      <h2>${n("players")}</h2>
      <${X} label=${n("showOnly")} value=${f} all=${S} change=${g=>u(g||f)} />
      <${H} label=${n("searchName")} placeholder=${n("searchName")} value=${i} change=${c} />
    </div>
    <${L} text=${A(o)} />
    ${!s&&!o&&a`<p class="muted">${n("loading")}</p>`}
    ${s&&!b.length&&a`<${Js} ...${{status:t,all:v,wanted:i}} />`}
    ${b.length>0&&a`<div class="table-wrap">
        <table class="plain players">
          <caption class="sr">${n("players")}</caption>
          <thead>
            <tr>
              <th scope="col">${n("name")}</th>
              <th scope="col">${n("rightNow")}</th>
              <th scope="col" class="num">${n("onFor")}</th>
              <th scope="col" class="num hide-s">${n("lastSeen")}</th>
              <th scope="col"><span class="sr">${n("actions")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${b.slice(0,$).map(g=>a`<${Qs} key=${g.name} ...${{player:g,actions:y,ask:w,type:t?.type}} />`)}
          </tbody>
        </table>
      </div>`}
    ${b.length>$&&a`<p class="more"><button class="btn" onClick=${()=>p($+bn)}>${n("showMore")}</button></p>`}
    ${h&&a`<${Zs} ...${{id:e,...h,again:r}} close=${()=>w(null)} />`}`}function Js({status:e,all:t,wanted:s}){if(s)return a`<p class="more">${n("noEntries")}</p>`;let o=e&&re(e.status)&&e.players===null&&!t.length;return a`<${de}
    icon="users"
    title=${n(o?"playersUnknown":"nobodyOn")}
    text=${n(o?"playersUnknownWhy":"nobodyOnWhy")}
  />`}function Qs({player:e,actions:t,ask:s,type:o}){let{online:r,since:l,lastSeen:i}=e,c=Ue(e.name,o),d=ye(),u=p=>({icon:"user",text:`${P(p.title)} \u2026`,act:()=>s({action:p,player:e.name,name:c})}),$=[{icon:"copy",text:n("copyName"),act:()=>Ne(c)},...t.length?["-"]:[],...t.map(u)];return a`<tr>
    <th scope="row">
      <span class="ava" aria-hidden="true">${[...c][0]?.toUpperCase()}</span><bdi class="player-name" title=${c}>${c}</bdi>
    </th>
    <td>
      <span class=${r?"on":"on muted"}
        ><${ce} state=${r?"running":"stopped"} />${n(r?"isOnline":"isAway")}</span
      >
    </td>
    <td class="num" title=${r&&l?se(l):void 0}>${r&&l?ut(d-l):a`<span class="none" role="img" aria-label=${n("none")}>–</span>`}</td>
    <td class="num hide-s" title=${se(i)}>${r?n("now"):mt(i,d)}</td>
    <td class="acts">
      <span class="hide-s"
        >${t.slice(0,zs).map(p=>a`<button
              key=${p.name}
              class="btn small"
              type="button"
              aria-label=${n("actionOf",{action:P(p.title),name:c})}
              onClick=${()=>s({action:p,player:e.name,name:c})}
            >
              ${P(p.title)} …
            </button>`)}</span
      ><${Te} label=${n("moreFor",{id:c})} items=${$} />
    </td>
  </tr>`}function Zs({id:e,action:t,player:s,name:o,again:r,close:l}){let[i,c]=m(null),[d,u]=m(!1),$=P(t.title);async function p(){if(!(d||z.value!==null)){u(!0);try{await C("player_action",{server:e,action:t.name,player:s}),D(n("actionDone",{action:$,name:o})),r(),l()}catch(w){c(w),u(!1)}}}let h=i?.problems?.[0]?Ae(i.problems[0],"player"):A(i);return a`<${pe} title=${n("actionAsk",{action:$,name:o})} close=${l}>
    <p>${n("actionAbout")}</p>
    <${L} text=${h} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${l}>${n("cancel")}</button>
      <button type="button" class=${d?"btn primary busy":"btn primary"} onClick=${p}>${$}</button>
    </div>
  <//>`}function Xs({server:e,status:t}){return G(e,"destroy")?z.value!==null?n("awayWait"):ge(t)?"":n("destroyStopped"):n("mayNotDestroy")}function tt({status:e}){let[t,s]=m(!1),o=Xs(e);return a`<section class="set danger-zone" aria-labelledby="set-danger">
    <div class="set-head">
      <h2 id="set-danger">${n("dangerZone")}</h2>
      <p class="muted">${n("asksFirst")}</p>
    </div>
    <div class="set-body">
      <ul class="danger-list">
        <li>
          <div>
            <b>${n("destroyThis")}</b>
            <p>${n("destroyAbout")}${o&&a` <b>${o}</b>`}</p>
          </div>
          <button
            class="btn danger"
            type="button"
            aria-disabled=${o?"true":void 0}
            title=${o||void 0}
            onClick=${()=>o||s(!0)}
          >
            ${n("destroy")} …
          </button>
        </li>
      </ul>
    </div>
    ${t&&a`<${eo} id=${e.server} close=${()=>s(!1)} />`}
  </section>`}function eo({id:e,close:t}){let[s,o]=m(""),[r,l]=m(!1),[i,c]=m(null),d=s!==e;async function u(){if(!d)try{await C("server_destroy",{server:e,deleteFiles:r}),t(),ie("/")}catch(p){c(p)}}let $=p=>{p.key==="Enter"&&(p.preventDefault(),u())};return a`<${pe} title=${n("destroyTitle",{id:e})} close=${t}>
    <p>${n(r?"destroyGone":"destroyKept")}</p>
    <div class="dialog-fields" onKeyDown=${$}>
      <${oe} id="destroy-id" label=${n("destroyHow")} value=${s} change=${o} autocomplete="off" autocapitalize="none" spellcheck=${!1} />
      <${V} id="destroy-files" label=${n("deleteFiles")} checked=${r} change=${l} />
    </div>
    <${L} text=${A(i)} />
    <div class="dialog-acts">
      <button class="btn" type="button" onClick=${t}>${n("cancel")}</button>
      <button class="btn danger-fill" type="button" aria-disabled=${d?"true":void 0} onClick=${u}>
        ${n("destroyNow")}
      </button>
    </div>
  <//>`}var nt=new be,yn=new be,to=5e3,We=["description","tags","autostart"],no=e=>We.includes(e)||e.startsWith("restart");function so({name:e,group:t,type:s}){return We.includes(e)?"general":/^restart([A-Z]|$)/.test(e)?"afterCrash":/Limit$/.test(e)||e==="isolation"?"limits":e.startsWith("backup")?"backups":t?rt.find(o=>n(`section.${o}`)===P(t))??P(t):s==="port"?"network":"game"}var st=["general","network","game"],ot=["afterCrash","limits","backups"],oo=e=>st.includes(e)?st.indexOf(e):ot.includes(e)?100+ot.indexOf(e):50,rt=[...st,...ot];function ro(e){let t=new Map;for(let s of e){let o=so(s),r=o==="limits"?{...s,advanced:!1}:s;t.set(o,[...t.get(o)??[],r])}return t.get("general")?.sort((s,o)=>We.indexOf(s.name)-We.indexOf(o.name)),[...t].map(([s,o])=>({id:`set-${s.replace(/\W+/g,"-")}`,title:rt.includes(s)?n(`section.${s}`):ke(s),about:rt.includes(s)?n(`section.${s}.about`):"",place:oo(s),members:o})).sort((s,o)=>s.place-o.place)}function wn({id:e,status:t}){return G(e,"settings")?a`<${lo} ...${{id:e,status:t}} />`:t&&a`<div class="sets"><${tt} status=${t} /></div>`}function ao({settings:e,before:t},s){let o=new Map(e.map(({name:l,value:i})=>[l,i])),r={...t};for(let{name:l,value:i}of s)o.has(l)&&o.get(l)!==i&&(r[l]??=o.get(l)),r[l]===i&&delete r[l];return r}function io(e){let[t,s]=m(null),[o,r]=m(null),l=q(0),i=async d=>{let u=l.current,{settings:$}=await C("server_settings",{server:e},d);return l.current===u&&s(p=>({settings:$,before:p?ao(p,$):{}})),r(null),$};return B(()=>{let d=new AbortController;return K(async()=>{try{await i(d.signal)}catch($){throw $.code&&r($),$}},to,d.signal),()=>d.abort()},[e]),[t,o,i,({settings:d})=>{l.current+=1,s({settings:d,before:{}})}]}function lo({id:e,status:t}){let[s,o,r,l]=io(e),i=Q(),[c,d]=m(null),[u,$]=m(nt.get(e,{})),[p,h]=m(yn.get(e,{})),[w,v]=m(null),O=q(null);te(O,w);let f=s?.settings,b=E=>{yn.set(e,E),h(E)},S=E=>{let _=x=>f.find(M=>M.name===x)?.value;Object.keys(E).length?nt.set(e,E):nt.delete(e),$(E),b(Object.fromEntries(Object.keys(E).map(x=>[x,x in p?p[x]:_(x)])))},y=E=>b({...p,[E]:f.find(_=>_.name===E).value});B(()=>{let E=x=>x.name in u&&!Le(x,u[x.name]),_=(f??[]).filter(E).map(({name:x})=>[x,u[x]]);f&&_.length<Object.keys(u).length&&S(Object.fromEntries(_))},[f]);async function g(E){E.preventDefault();let _=Pe(f,u),x=Object.keys(_);if(!(!x.length||z.value!==null)){v(null);try{if((await r()).some(M=>me(M,p)&&!Le(M,u[M.name]))){D(n("decideFirst")),requestAnimationFrame(()=>O.current?.querySelector(".contested button")?.focus());return}l(await C("server_settings",{server:e,settings:_})),d({names:x}),S({}),D(n("saved"))}catch(M){v(M),D(A(M))}}}if(!f||!i)return a`<p class="muted">${o?A(o):n("loading")}</p>`;let N=ro(f);return a`<div class="settings">
    <${$o} ...${{id:e,sections:N,isChanged:({members:E})=>E.some(({name:_})=>_ in u)}} />
    <form class="sets" ref=${O} onSubmit=${g} noValidate>
      ${N.map(({id:E,title:_,about:x,members:M})=>a`<section class="set" aria-labelledby=${E} key=${E}>
          <div class="set-head">
            <h2 id=${E}>${_}</h2>
            <p class="muted">${x}</p>
          </div>
          <div class="set-body">
            <${Me} ...${{properties:M,draft:u,setDraft:S,error:w,bases:p,keepMine:y,before:s.before,parent:"settings"}} />
          </div>
        </section>`)}
      ${t&&G(e,"destroy")&&a`<${tt} status=${t} />`}
      ${_e(w,"settings",f)&&a`<${L} text=${A(w)} />`}
      <${po} ...${{properties:f,draft:u,bases:p,error:w,saved:c,status:t,form:O}} discard=${()=>S({})} done=${()=>d({...c,names:[]})} />
    </form>
  </div>`}var co=220;function uo(e){let[t,s]=m(e[0]),o=e.join(" ");return B(()=>{let r=()=>{let l=e.filter(c=>document.getElementById(c)?.getBoundingClientRect().top<co),i=scrollY>0&&scrollY+innerHeight>=document.documentElement.scrollHeight-2;s(i?e.at(-1):l.at(-1)??e[0])};return r(),addEventListener("scroll",r,{passive:!0}),()=>removeEventListener("scroll",r)},[o]),t}function $o({id:e,sections:t,isChanged:s}){let o={id:"set-danger",title:n("dangerZone"),members:[]},r=G(e,"destroy")?[...t,o]:t,l=uo(r.map(({id:c})=>c)),i=c=>d=>{d.preventDefault(),document.getElementById(c)?.scrollIntoView()};return a`<nav class="set-nav" aria-label=${n("sections")}>
    ${r.map(c=>a`<a
        key=${c.id}
        href=${`#${c.id}`}
        aria-current=${c.id===l?"true":void 0}
        onClick=${i(c.id)}
        >${c.title}${s(c)&&a`<span class="dot" title=${n("changed")}></span><span class="sr">, ${n("changed")}</span>`}</a
      >`)}
  </nav>`}function po({properties:e,draft:t,bases:s,error:o,saved:r,status:l,form:i,discard:c,done:d}){Ct(v=>{v.key!=="s"||!(v.ctrlKey||v.metaKey)||(v.preventDefault(),i.current.requestSubmit())});let u=e.filter(({name:v})=>v in t),$=u.filter(({name:v})=>I(o,"settings",v)).length,p=!u.length||z.value!==null;if(r?.names.length&&!u.length)return a`<${mo} ...${{names:r.names,status:l,done:d}} />`;let h=u.filter(v=>me(v,s)).length,w=[u.map(ee).join(", "),$>0&&Y("toCorrect",$),h>0&&Y("toDecide",h)];return a`<div class="savebar" role="region" aria-label=${n("changes")}>
    ${u.length>0&&a`<span class="dot"></span>`}
    <b>${u.length?Y("nChanges",u.length):n("nothingChanged")}</b>
    <span class="muted hide-s">${w.filter(Boolean).join(" \xB7 ")}</span>
    <span class="con-space"></span>
    ${u.length>0&&a`<button class="btn quiet" type="button" onClick=${c}>${n("discard")}</button>`}
    <button class="btn primary" type="submit" aria-disabled=${p?"true":void 0}>
      ${n("save")} <kbd aria-hidden="true">${n("ctrl")} S</kbd>
    </button>
  </div>`}function mo({names:e,status:t,done:s}){let o=e.filter($=>!no($)).length,r=o>0&&re(t?.status),l=t?.players?.online??0,[i,c]=m(!1),d=()=>Dt(Ye,t.players)?c(!0):u(),u=async()=>{try{bt(t.server,(await C("server_restart",{server:t.server})).status),s()}catch($){D(A($))}};return a`<div class="savebar ok" role="region" aria-label=${n("changes")}>
    <${T} name="circle-check" /><b>${n("saved")}</b>
    <span class="muted">
      ${r&&n("holdsLater",{n:k(o),all:k(e.length)})}
      ${r&&l>0&&` ${Y("playersOn",l)}`}
    </span>
    <span class="con-space"></span>
    <button class="btn quiet" type="button" onClick=${s}>${n(r?"later":"close")}</button>
    ${r&&G(t.server,"power")&&a`<button class="btn primary" type="button" onClick=${d}>
        <${T} name="rotate-cw" />${n("restartNow")}
      </button>`}
    ${i&&a`<${Ft} ...${{action:Ye,id:t.server,players:t.players,act:u}} close=${()=>c(!1)} />`}
  </div>`}export{zt as Account,is as Activity,tn as Audit,sn as Create,Fs as Happened,hn as Host,Kt as People,vn as Players,wn as Settings,ee as titleOf};
