import{$a as ce,B as o,C as Ct,E as _,G as z,H as k,Ha as w,Ia as Ut,J as Tt,Ja as ie,L as te,Nb as Wt,P as ve,Sa as Nt,Sb as Qt,T as Mt,Tb as Vt,Ua as Ht,Ub as Jt,V as U,Va as tt,X as Et,Xa as qt,Xb as Ie,Y as Bt,Yb as fe,_a as Gt,a as $,aa as Rt,ab as Kt,b as V,bb as R,d as P,e as W,ea as K,f as le,g as i,ga as Dt,ha as Lt,j,ka as It,l as Z,m as _t,ma as X,n as Ft,na as Pt,o as ee,p as m,r as At,s as ge,u as J,v as ke,va as zt,w as Le,wa as jt}from"./first.js";var v=(e,t)=>e?`${e}/${t}`:t,T=e=>e.slice(e.lastIndexOf("/")+1),pe=e=>e.slice(0,Math.max(e.lastIndexOf("/"),0)),Xt=e=>e&&`/${e.split("/").map(encodeURIComponent).join("/")}`,Q=(e,t,n="")=>`#/server/${e}/files${Xt(t)}${n}`,de=(e,t,n)=>`#/server/${e}/backups/${t}${Xt(n)}`;function io(e){try{return decodeURIComponent(e)}catch{return e}}var Pe=(e,t=4)=>e.split("/").slice(t).filter(Boolean).map(io).join("/");function ze(e,t){let n=e.lastIndexOf("."),s=n>0?e.slice(0,n):e,r=2;for(;t.has(`${s} (${r})${e.slice(s.length)}`);)r+=1;return`${s} (${r})${e.slice(s.length)}`}var co={avif:"image/avif",bmp:"image/bmp",gif:"image/gif",ico:"image/x-icon",jpeg:"image/jpeg",jpg:"image/jpeg",png:"image/png",webp:"image/webp"},uo=/\.(zip|jar|tar|tgz|tbz2?|txz|tzst|tar\.(gz|bz2|xz|zst))$/i,ye=e=>co[e.slice(e.lastIndexOf(".")+1).toLowerCase()],je=e=>uo.test(e);var Yt=1e3,xe=le(new Map);j.subscribe(e=>e||(xe.value=new Map));function Oe(e,t){let n=new Map(xe.value);t?n.set(e,t):n.delete(e),xe.value=n}async function Se(e,t,n,s){let{job:r}=await m(t,{server:e,...n});Oe(e,{job:r,done:s})}function Ne(e,t="file_download"){let n=Object.assign(document.createElement("a"),{href:`/${t}?${new URLSearchParams(e)}`,download:""});document.body.append(n),n.click(),n.remove()}async function fo(e,t){let{ticket:n}=await m("download_ticket",{server:e,path:t});Ne({server:e,path:t,ticket:n})}async function po(e){let{ticket:t}=await m("download_ticket",{job:e});Ne({ticket:t})}var $o=e=>e.length===1&&e[0].kind==="file",nt=e=>e.some(({kind:t})=>t==="file"||t==="directory");async function _e(e,t,n){if($o(n))return fo(e,v(t,n[0].name));let s=n.map(({name:r})=>v(t,r));return Se(e,"file_pack",{paths:s},({job:r})=>po(r))}var Ue=e=>e.length===1?e[0].name:_("nThings",e.length),He=(e,t=o("toPath"),n=o("toPathHint"))=>({name:"to",label:t,value:e,hint:n}),qe=e=>e.replace(/^\/+|\/+$/g,""),Zt=(e,t)=>({title:o("newFile"),verb:o("create"),fields:[{name:"name",label:o("name")}],act:({name:n})=>m("file_write",{server:e,path:v(t,n),data:"",revision:null})}),en=(e,t)=>({title:o("newFolder"),verb:o("create"),fields:[{name:"name",label:o("name")}],act:({name:n})=>m("file_make_directory",{server:e,path:v(t,n)})});function mo(e){try{return decodeURIComponent(T(new URL(e).pathname))}catch{return""}}var tn=(e,t)=>({title:o("fromAddress"),about:o("fetchAbout"),verb:o("fetch"),canReplace:!0,fields:[{name:"url",label:o("address")},{name:"name",label:o("name"),hint:o("fetchNameHint")},{name:"sha256",label:o("sha256"),hint:o("sha256Hint")}],act:({url:n,name:s,sha256:r,replace:a})=>{let l={url:n.trim(),to:v(t,s||mo(n.trim())),sha256:r.trim()||void 0,replace:a};return Se(e,"file_fetch",l)}}),bo=(e,t,{name:n})=>({title:o("renameIt",{name:n}),verb:o("rename"),canReplace:!0,fields:[{name:"name",label:o("newName"),value:n}],act:({name:s,replace:r})=>m("file_move",{server:e,from:v(t,n),to:v(t,s),replace:r})}),ot=(e,t,n)=>({title:o("moveIt",{what:Ue(n)}),verb:o("move"),canReplace:!0,fields:[He(t,o("toFolder"),o("toFolderHint"))],act:async({to:s,replace:r})=>{for(;n.length;){let{name:a}=n[0];await m("file_move",{server:e,from:v(t,a),to:v(qe(s),a),replace:r}),n=n.slice(1)}}}),ho=(e,t,{name:n})=>({title:o("copyOf",{name:n}),verb:o("copy"),canReplace:!0,fields:[He(v(t,ze(n,new Set)))],act:({to:s,replace:r})=>Se(e,"file_copy",{from:v(t,n),to:qe(s),replace:r})}),st=(e,t,n)=>({title:o("packIt",{what:Ue(n)}),verb:o("pack"),canReplace:!0,fields:[He(v(t,`${n.length===1?n[0].name:T(t)||e}.zip`))],act:({to:s,replace:r})=>Se(e,"file_pack",{paths:n.map(({name:a})=>v(t,a)),to:qe(s),replace:r})}),wo=(e,t,{name:n})=>({title:o("unpackIt",{name:n}),verb:o("unpack"),canReplace:"always",fields:[He(t,o("toFolder"),o("unpackHint"))],act:({to:s,replace:r})=>Se(e,"file_unpack",{path:v(t,n),to:qe(s),replace:r})}),rt=(e,t,n)=>({title:o("deleteThem",{what:Ue(n)}),about:`${n.length>1?_("deleteN",n.length):""} ${o(n.some(({kind:s})=>s==="directory")?"deleteFolders":"deleteFinal")}`.trim(),verb:o("deleteForGood"),isDanger:!0,act:async()=>{let s=n.map(({name:r})=>v(t,r));for(let r=0;r<s.length;r+=Yt)await m("file_delete",{server:e,paths:s.slice(r,r+Yt)});X(o("deleted",{what:Ue(n)}))}});function nn(e,t,n,s,r){let{name:a,kind:l,executable:c}=n,f=l==="file",u=(p,d,h,g)=>({icon:p,text:`${o(d)} \u2026`,act:()=>s(h),...g});return[nt([n])&&{icon:"download",text:o("download"),key:"d",act:()=>r(()=>_e(e,t,[n]))},u("pencil","rename",bo(e,t,n)),u("copy","copy",ho(e,t,n)),u("folder","move",ot(e,t,[n])),u("file-archive","pack",st(e,t,[n])),f&&je(a)&&u("package","unpack",wo(e,t,n)),f&&{icon:"terminal",text:o(c?"noProgram":"makeProgram"),act:()=>r(()=>m("file_update",{server:e,path:v(t,a),executable:!c}))},"-",u("trash-2","deleteIt",rt(e,t,[n]),{isDanger:!0})]}var at=100,Y=({at:e})=>ve(e);async function lt(e,t,n){let{job:s}=await m(e,n);Oe(t,{job:s})}async function go(e){let{ticket:t}=await m("download_ticket",{backup:e});Ne({backup:e,ticket:t},"backup_download")}var on=e=>({title:o("makeBackup"),about:o("makeBackupAbout"),verb:o("backUp"),fields:[{name:"note",label:o("note"),hint:o("noteHint")},{name:"locked",label:o("lockBackup"),hint:o("lockBackupHint"),value:!1}],act:t=>lt("backup_create",e,{server:e,...t})});function ko({status:e}){return e==="installing"?o("code.job_running"):["stopped","crashed","failed"].includes(e)?Z.value===null?"":o("awayWait"):o("code.not_stopped")}var vo=({damaged:e,complete:t,quiesced:n})=>[e&&o("restoresDamaged"),!t&&o("restoresIncomplete"),n===!1&&o("restoresUnquiesced")],Fe=(e,t,n=[])=>({title:o("restoreTitle",{id:t.server,when:Y(e)}),about:[n.length?_("restoreSome",n.length):o("restoreAll"),...vo(e)].filter(Boolean).join(" "),verb:o("restore"),isDanger:!0,why:ko(t),first:[t,o("beforeRestore"),e],fields:[{name:"keepOthers",label:o("keepOthers"),hint:o("keepOthersHint"),value:!1}],act:s=>lt("backup_restore",t.server,{server:t.server,backup:e.backup,paths:n,...s})}),yo=({backup:e,note:t})=>({title:o("noteTitle"),verb:o("save"),fields:[{name:"note",label:o("note"),value:t}],act:n=>m("backup_update",{backup:e,...n})}),xo=e=>({title:o("deleteBackup",{id:e.server,when:Y(e)}),about:o("deleteFinal"),verb:o("deleteForGood"),isDanger:!0,act:()=>m("backup_delete",{backup:e.backup})}),Oo=({backup:e,server:t,type:n,at:s})=>({title:o("newFromTitle",{id:t,when:ve(s)}),about:o("newFromAbout"),verb:o("create"),fields:[{name:"id",label:o("id"),value:t}],act:async({id:r})=>{await m("server_create",{type:n,server:r,from:{backup:e}}),await Rt().catch(()=>{}),Le(`/server/${r}/console`)}}),sn=e=>({title:o("adoptTitle"),about:o("adoptAbout"),verb:o("adopt"),act:async()=>e((await m("backup_adopt")).backups.length)});function rn(e,t,n){let{backup:s,server:r,locked:a}=e;return[{icon:"history",text:`${o("restore")} \u2026`,act:()=>t(l=>Fe(e,l))},{icon:"folder",text:o("lookInside"),act:()=>location.hash=de(r,s,"")},{icon:"circle-check",text:o("verify"),act:()=>n(()=>lt("backup_verify",r,{backup:s}))},{icon:"lock",text:o(a?"unlockBackup":"lockBackup"),act:()=>n(()=>m("backup_update",{backup:s,locked:!a}))},{icon:"pencil",text:`${o("note")} \u2026`,act:()=>t(()=>yo(e))},...ln(e,t,n)]}var an=(e,t,n)=>[Lt()&&{icon:"plus",text:`${o("newFrom")} \u2026`,act:()=>t(()=>Oo(e))},...ln(e,t,n)],ln=(e,t,n)=>[{icon:"download",text:o("download"),act:()=>n(()=>go(e.backup))},"-",{icon:"trash-2",text:`${o("deleteIt")} \u2026`,why:e.locked?o("code.locked"):"",isDanger:!0,act:()=>t(()=>xo(e))}];function $e({id:e,path:t,to:n=s=>Q(e,s)}){let s=t?t.split("/"):[];return i`<nav class="crumbs" aria-label=${o("folder")}>
    <a href=${n("")} title=${o("topFolder")}><${w} name="server" /><span class="sr">${o("topOf",{id:e})}</span></a>
    ${(s.length?s:[o("topFolder")]).map((r,a)=>{let l=s.slice(0,a+1).join("/");return i`<span aria-hidden="true">/</span>${a>=s.length-1?i`<span aria-current="page">${r}</span>`:i`<a href=${n(l)}>${r}</a>`}`})}
  </nav>`}var N=e=>e?.problems?.[0]?Gt(e.problems[0]):e?.code?U(e):e?.message||U(e);function me({title:e,about:t,fields:n=[],verb:s,isDanger:r,canReplace:a,why:l="",first:c=[],act:f,close:u}){let[p,d]=$(()=>Object.fromEntries(n.map(({name:S,value:L=""})=>[S,L]))),[h,g]=$(null),[y,M]=$(a==="always"),[x,A]=$(!1),[E,C]=$(!1),[D,B]=Wt(...c);async function O(S){if(S.preventDefault(),!(E||l||Z.value!==null)){C(!0);try{await B(()=>f({...p,...x&&{replace:x}})),u()}catch(L){g(L),M(y||a&&L.code==="file_exists"),C(!1)}}}let H=({target:S})=>S.setSelectionRange(0,S.value.lastIndexOf(".")>0?S.value.lastIndexOf("."):S.value.length);return i`<${Kt} title=${e} close=${u}>
    ${t&&i`<p>${t}</p>`}
    <form onSubmit=${O} noValidate>
      <div class="dialog-fields">
        ${n.map(({name:S,label:L,hint:re})=>{let F={key:S,id:`ask-${S}`,label:L,hint:re,change:q=>d({...p,[S]:q})};return typeof p[S]=="boolean"?i`<${tt} ...${F} checked=${p[S]} />`:i`<${Ht} ...${F} value=${p[S]} onFocus=${H} autocomplete="off" autocapitalize="none" spellcheck=${!1} />`})}
        ${y&&i`<${tt} id="ask-replace" label=${o("replaceIt")} checked=${x} change=${A} />`}
        ${D}
      </div>
      ${l&&i`<p>${l}</p>`}
      <${R} text=${h&&N(h)} />
      <div class="dialog-acts">
        <button type="button" class="btn" onClick=${u}>${o("cancel")}</button>
        <button
          type="submit"
          class=${`btn ${r?"danger-fill":"primary"} ${E?"busy":""}`}
          aria-disabled=${l?"true":void 0}
          title=${l||void 0}
        >
          ${s}
        </button>
      </div>
    </form>
  <//>`}var cn=e=>new Promise((t,n)=>e.readEntries(t,n)),So=e=>new Promise((t,n)=>e.file(t,n));async function un(e,t,n){if(e.isFile){n.files.push({path:t,file:await So(e)});return}n.folders.push(t);let s=e.createReader();for(let r=await cn(s);r.length;r=await cn(s))for(let a of r)await un(a,`${t}/${a.name}`,n)}async function fn({items:e}){let t=[...e].filter(({kind:s})=>s==="file").map(s=>s.webkitGetAsEntry()),n=[];for(let s of t.filter(Boolean)){let r={name:s.name,folders:[],files:[]};await un(s,s.name,r),s.isFile?n.push({name:s.name,file:r.files[0].file}):n.push({...r,folders:r.folders.slice(1)})}return n}function pn(e){let t=new Map,n=[];for(let s of e){let r=s.webkitRelativePath;if(!r){n.push({name:s.name,file:s});continue}let a=r.split("/"),l=t.get(a[0])??{name:a[0],folders:new Set,files:[]};t.set(a[0],l);for(let c=2;c<a.length;c++)l.folders.add(a.slice(0,c).join("/"));l.files.push({path:r,file:s})}return[...n,...[...t.values()].map(s=>({...s,folders:[...s.folders]}))]}var $n=[["utf-8",[239,187,191]],["utf-16le",[255,254]],["utf-16be",[254,255]]],it={"utf-8":"UTF-8","utf-16le":"UTF-16 LE","utf-16be":"UTF-16 BE","windows-1252":"Windows-1252"},mn={"\n":"LF","\r\n":"CRLF","\r":"CR"},be=class extends Error{constructor(t){super(),this.characters=t}},_o=new TextDecoder("windows-1252").decode(Uint8Array.from({length:256},(e,t)=>t)),dn=new Map([..._o].map((e,t)=>[e,t]));function Fo(e){let t=[...new Set(e)].filter(n=>!dn.has(n));if(t.length)throw new be(t);return Uint8Array.from(e,n=>dn.get(n))}function Ao(e,t){let n=new DataView(new ArrayBuffer(2*e.length));for(let s=0;s<e.length;s++)n.setUint16(2*s,e.charCodeAt(s),t);return new Uint8Array(n.buffer)}function Co(e,t){return t==="utf-8"?new TextEncoder().encode(e):t==="windows-1252"?Fo(e):Ao(e,t==="utf-16le")}function ct(e,{encoding:t,mark:n,end:s}){let r=s&&s!==`
`?e.replaceAll(`
`,s):e,a=Co(r,t),l=new Uint8Array(n.length+a.length);return l.set(n),l.set(a,n.length),l}function Ae(e,t,n){try{return new TextDecoder(t,{fatal:n,ignoreBOM:!0}).decode(e)}catch{return null}}var ut=e=>$n.find(([,t])=>t.every((n,s)=>e[s]===n))?.[1]??[],bn=e=>$n.find(([,t])=>t===e)[0],To=(e,t)=>e.length===t.length&&e.every((n,s)=>n===t[s]);function hn(e){let t=ut(e),n=e.subarray(t.length),s=t.length===2?[bn(t)]:["utf-8","windows-1252"],r=s.find(p=>Ae(n,p,!0)!==null)??s[0],a=Ae(n,r,!1);if(a.includes("\0"))return null;let l=new Set(a.match(/\r\n|\r|\n/g)??[`
`]),c=l.size===1?[...l][0]:"",f={encoding:r,mark:t,end:c},u=c&&c!==`
`?a.replaceAll(c,`
`):a;return{...f,text:u,isExact:To(ct(u,f),e)}}function wn(e,t){let n=t.length===2?Ae(e,bn(t),!1):null;for(let s=0;s<16&&n===null;s++)n=Ae(e.subarray(s>>2,e.length-(s&3)),"utf-8",!0);return n??=Ae(e,"windows-1252",!1),n.includes("\0")?null:n.replace(/\r\n?/g,`
`)}function Ge(e){let t="";for(let n=0;n<e.length;n+=8192)t+=String.fromCharCode(...e.subarray(n,n+8192));return btoa(t)}var ft=e=>Uint8Array.from(atob(e),t=>t.charCodeAt(0));var kn=2,vn=64*1024*1024,pt=1024*1024,Mo=6e4,Eo=3e4,Bo=200,Ro=1e3,Do=10,Lo=["busy","shutting_down","timeout","too_many_requests"],Io=["forbidden","job_running","no_space","no_such_server","quota_exceeded"],I=le([]),$t=le(0),Po=["waits","sends","asks"],ne=e=>!(e.isReady||e.error)||e.files.some(({state:t})=>Po.includes(t)),yn=()=>I.value.some(ne),gn=null;function ue(){gn??=setTimeout(()=>{gn=null,I.value=[...I.value]},Bo)}function xn(){$t.value+=1,ue()}j.subscribe(e=>e||I.value.forEach(Ke));function On(e,t,n){let s={server:e,directory:t,choice:null,taken:new Map},r=n.map(({name:a,file:l,files:c,folders:f=[]})=>{let u={key:Math.random(),batch:s,name:a,isFolder:!l,folders:l?[]:[a,...f],error:null};u.stop=new AbortController,u.files=(l?[{path:a,file:l}]:c).map(p=>({item:u,file:p.file,path:v(t,p.path),state:"waits",sent:0,tries:0,error:zo(p.file)}));for(let p of u.files)p.error&&(p.state="failed");return u});I.value=[...I.value,...r],Sn(s,r)}function zo({size:e}){let t=Et.value?.maxUpload??1/0;return e>t?new Error(o("uploadTooLarge",{size:k(e),most:k(t)})):null}async function jo(e,t,n){let s=new Set,r;for(let a=0;a<Do;a++){let l=await m("file_list",{server:e,path:t,after:r,limit:Ro},n);if(l.entries.forEach(({name:c})=>s.add(c)),!l.more)return s;r=l.entries.at(-1).name}return null}async function mt(e,t,n=()=>{}){for(let s=0;;s++)try{return await e(s)}catch(r){if(t.aborted||!(r instanceof ee||Lo.includes(r.code))||(n(),await At(Math.max(Math.min(500*2**s,Eo),1e3*(r.retryAfter??0)),t),t.aborted))throw r}}async function Sn(e,t){let{server:n,directory:s,taken:r}=e,a=async(l,c)=>{r.has(l)||r.set(l,await mt(()=>jo(n,l,c),c))};for(let l of t){let{signal:c}=l.stop;try{l.isFolder||await a(s,c);for(let f of l.folders)await Uo(e,v(s,f),a,c);for(let f of l.files)f.state==="waits"&&r.get(pe(f.path))?.has(T(f.path))&&Tn(f);l.isReady=!0}catch(f){c.aborted||_n(l,f)}ue(),We()}}async function Uo({server:e,taken:t},n,s,r){try{await mt(()=>m("file_make_directory",{server:e,path:n},r),r),t.set(n,new Set),xn()}catch(a){if(a.code!=="file_exists")throw a;await s(n,r)}}function _n(e,t){let n=e.files.filter(({state:s})=>s==="waits"||s==="asks");if(!(e.isReady&&!n.length)){e.error=t;for(let s of n)Fn(s,t);ue()}}function Fn(e,t){e.state="failed",e.error=t}var An=e=>[...new Set(I.value.flatMap(({batch:t,files:n})=>t.server===e&&!t.choice&&n.some(({state:s})=>s==="asks")?[t]:[]))],bt=e=>I.value.flatMap(t=>t.batch===e?t.files.filter(({state:n})=>n==="asks"):[]);function Cn(e,t){e.choice=t,bt(e).forEach(Mn),ue(),We()}function Tn(e){e.state="asks",e.item.batch.choice&&Mn(e)}function Mn(e){let{batch:t}=e.item;if(e.state=t.choice==="skip"?"skipped":"waits",e.upload=null,t.choice==="replace"&&(e.replaces=!0),t.choice!=="both")return;let n=pe(e.path),s=t.taken.get(n)??new Set;s.add(T(e.path));let r=ze(T(e.path),s);s.add(r),t.taken.set(n,s),e.path=v(n,r)}function Ke(e){e.stop.abort(),I.value=I.value.filter(t=>t!==e)}function En(e){e.error=null,e.stop=new AbortController;for(let t of e.files)t.state==="failed"&&t.error.code&&Object.assign(t,{state:"waits",error:null,tries:1});ue(),e.isReady?We():Sn(e.batch,[e])}var dt=0;function We(){for(;dt<kn;){let e=I.value.flatMap(t=>t.isReady?t.files:[]).find(({state:t})=>t==="waits");if(!e)return;dt+=1,e.state="sends",No(e).finally(()=>{dt-=1,ue(),We()})}}async function No(e){let{item:t}=e,{signal:n}=t.stop,s;try{s=await Ho(n),await mt(r=>Go(e,r+e.tries,n),n,()=>e.isLate=!0),e.state="done",e.sent=e.file.size,xn()}catch(r){if(n.aborted)return;e.sent=0,r.code==="file_exists"&&!e.replaces?Tn(e):(Fn(e,r),Io.includes(r.code)&&I.value.filter(({batch:a})=>a===t.batch).forEach(a=>_n(a,r)))}finally{e.isLate=!1,s?.()}}function Ho(e){return navigator.locks?new Promise((t,n)=>{let s=new AbortController,r=()=>{s.abort(),n(e.reason)};e.aborted&&r(),e.addEventListener("abort",r);let a=!1,l=()=>{if(!(a||e.aborted))return a=!0,s.abort(),e.removeEventListener("abort",r),new Promise(t)};for(let c=0;c<kn;c++)navigator.locks.request(`gamepanel.upload.${c}`,{signal:s.signal},l).catch(()=>{})}):()=>{}}var qo=()=>[...crypto.getRandomValues(new Uint8Array(16))].map(e=>e.toString(16).padStart(2,"0")).join("");async function Go(e,t,n){let{file:s,path:r,item:a}=e;t&&await Ko(s);let l={server:a.batch.server,path:r,...e.replaces?{}:{revision:""}};if(s.size>vn)return Vo(e,l,t,n);if(!(t&&!e.replaces&&await Wo(e,n)))return Rn(l,s,c=>Bn(e,c),n)}function Bn(e,t){e.sent=t,e.isLate=!1,ue()}async function Ko(e){try{await e.slice(0,1).arrayBuffer()}catch{throw new Error(o("uploadUnreadable"))}}async function Wo({file:e,path:t,item:n},s){let r={server:n.batch.server,path:t,encoding:"base64",limit:pt},a=0;do{try{let{data:l,size:c}=await m("file_read",{...r,offset:a},s),f=new Uint8Array(await e.slice(a,a+pt).arrayBuffer());if(c!==e.size||l!==Ge(f))return!1}catch(l){if(l instanceof ee||s.aborted)throw l;return!1}a+=pt}while(a<e.size);return!0}async function Qo(e,t,n){try{return await m("upload_status",{server:e,upload:t},n)}catch(s){if(s.code==="no_such_file")return{offset:0};throw s}}async function Vo(e,t,n,s){let{file:r}=e,a={offset:0};e.upload&&n?a=await Qo(t.server,e.upload,s):e.upload=qo();let l=a.offset;for(;a.revision===void 0;){let c=a.offset,f={...t,upload:e.upload,offset:c,size:r.size};try{a=await Rn(f,r.slice(c,l),u=>Bn(e,c+u),s)}catch(u){throw u.code==="file_changed"&&u.cause?.code==="other_offset"?new ee:u}l=Math.min(a.offset+vn,r.size)}}function Rn(e,t,n,s){return new Promise((r,a)=>{let l=new XMLHttpRequest,c,f=()=>{clearTimeout(c),c=setTimeout(()=>l.abort(),Mo)},u=()=>l.abort();l.open("POST",`/file_upload?${new URLSearchParams(e)}`),j.value&&l.setRequestHeader("Authorization",`Bearer ${j.value}`),l.setRequestHeader("Content-Type","application/octet-stream"),l.responseType="json",l.upload.onprogress=({loaded:p})=>{f(),n(p)},l.onload=()=>{let p=l.response??(l.status===413?{detail:"",code:"too_large"}:null);l.status===200?r(p):a(p?new Ft(p,Number(l.getResponseHeader("Retry-After"))||null):new ee)},l.onerror=l.onabort=()=>a(new ee),l.onloadend=()=>{clearTimeout(c),s.removeEventListener("abort",u)},s.addEventListener("abort",u),f(),l.send(t)})}var se=1024*1024,Dn=8*1024*1024,Jo=5e3,oe=new It,Ce=new Set;addEventListener("beforeunload",e=>{(Ce.size||yn())&&e.preventDefault()});j.subscribe(e=>e||Ce.clear());var Qe=(e,t,n,s,r)=>m("file_read",{server:e,path:t,offset:n,limit:s,encoding:"base64"},r);function In({id:e,path:t,line:n}){let[s,r]=K(c=>Qe(e,t,0,1,c),[]),a=ye(T(t))!==void 0,[l]=$(oe.has(`${e}/${t}`));return V(()=>{r?.code==="not_a_file"&&Le(Q(e,t).slice(1))},[r]),l?i`<${Ln} ...${{id:e,path:t,line:n}} />`:s?a&&s.size<=Dn?i`<${Xo} ...${{id:e,path:t}} />`:a?i`<${ht} ...${{id:e,path:t}} text=${o("pictureTooLarge",{most:k(Dn)})} />`:s.size>se?i`<${Yo} ...${{id:e,path:t}} />`:i`<${Ln} ...${{id:e,path:t,line:n}} />`:i`<${he} ...${{id:e,path:t}} />${r?i`<${R} text=${U(r)} />`:i`<p class="muted">${o("loading")}</p>`}`}function he({id:e,path:t,note:n,children:s}){let[r,a]=$(null),l={name:T(t),kind:"file"},c=()=>_e(e,pe(t),[l]).then(()=>a(null),a);return i`<div class="file-bar">
      <${$e} ...${{id:e,path:t}} />
      ${n}
      <span class="file-acts">
        ${s}
        <button class="btn icon" type="button" aria-label=${o("download")} title=${o("download")} onClick=${c}><${w} name="download" /></button>
        <a class="btn" href=${Q(e,pe(t))}>${o("close")}</a>
      </span>
    </div>
    <${R} text=${U(r)} />`}var ht=({id:e,path:t,text:n})=>i`<${he} ...${{id:e,path:t}} /><${ie} icon="file" title=${T(t)} text=${n} />`;function Xo({id:e,path:t}){let[n,s]=$(null),[r,a]=$(!1);return V(()=>{let l=new AbortController,c=null;return ge(async()=>{let u=j.value?{Authorization:`Bearer ${j.value}`}:{},p=`/file_download?${new URLSearchParams({server:e,path:t})}`,d;try{let h=await fetch(p,{headers:u,signal:l.signal,cache:"no-store"});if(!h.ok)return a(!0);d=await h.arrayBuffer()}catch{throw new ee}c=URL.createObjectURL(new Blob([d],{type:ye(T(t))})),l.signal.aborted||s(c)},null,l.signal),()=>{l.abort(),URL.revokeObjectURL(c)}},[]),r?i`<${ht} ...${{id:e,path:t}} text=${o("pictureBroken")} />`:i`<${he} ...${{id:e,path:t}} />${n?i`<p class="picture"><img src=${n} alt=${T(t)} onError=${()=>a(!0)} /></p>`:i`<p class="muted">${o("loading")}</p>`}`}function Yo({id:e,path:t}){let[n,s]=$(0),[r,a]=K(d=>Qe(e,t,n,se,d),[n]),l=P([]),c=r?.offset===n,f=W(()=>{if(!c)return null;let d=ft(r.data);return n===0&&(l.current=ut(d)),wn(d,l.current)},[r,c]),u=(d,h)=>i`<button class="btn" type="button" aria-disabled=${d<0||d>=(r?.size??0)?"true":void 0} onClick=${()=>d>=0&&d<(r?.size??0)&&s(d)}>
      ${o(h)}
    </button>`,p=i`<span class="muted">${o("onlyRead",{most:k(se)})}</span>`;return i`<${he} ...${{id:e,path:t,note:p}}>${u(n-se,"partBefore")} ${u(n+se,"partNext")}<//>
    <${R} text=${U(a)} />
    ${c&&f===null&&i`<p class="muted">${o("isNoText")}</p>`}
    ${f!==null&&i`<${fe} key=${n} script=${Ie} part="Code" label=${T(t)} name="" text=${f} isReadOnly=${!0} />`}
    ${c&&i`<div class="code-foot"><span>${o("partOf",{from:k(n),to:k(Math.min(n+se,r.size)),size:k(r.size)})}</span></div>`}`}async function Zo(e,t,n){let{data:s,size:r,revision:a}=await Qe(e,t,0,se,n);return{...(r>se?null:hn(ft(s)))??{text:null,isExact:!1},size:r,revision:a}}function es(e,t,n,s){let r=P(null);r.current=s;let a=P({}),l=async c=>{let f=n.current,u=null;try{let{revision:p}=await Qe(e,t,0,1,c),d=p===a.current.revision&&f===a.current.file;if(p===f?.revision||d)return;u=await Zo(e,t,c)}catch(p){if(!["no_such_file","not_a_file","not_a_directory"].includes(p.code))throw p}c?.aborted||n.current!==f||(a.current={revision:u?.revision,file:f},r.current(u))};return V(()=>{let c=new AbortController;return ge(()=>l(c.signal),Jo,c.signal),()=>c.abort()},[]),l}function Ln({id:e,path:t,line:n}){let s=`${e}/${t}`,r=oe.get(s);r&&Ce.add(s);let a=P(!0);V(()=>()=>a.current=!1,[]);let l=P(r?.file??null),c=P(null),[,f]=$(0),[u,p]=$({line:n,column:1}),[d,h]=$(void 0),[g,y]=$(!1),[M,x]=$(null),[A,E]=$(null),[C,D]=$(!1),B=()=>c.current?.doc().toString()??oe.get(s)?.doc.toString()??l.current.text,O=oe.has(s),H=()=>{oe.delete(s),Ce.delete(s)},S=b=>{b.toString()===l.current.text?H():(oe.set(s,{doc:b,file:l.current}),Ce.add(s)),f(G=>G+1)},L=b=>{l.current=b,h(void 0),y(!1),E(null),c.current&&S(c.current.doc()),f(G=>G+1)},re=b=>{c.current?.put(b.text),L(b)},q=es(e,t,l,b=>{if(!l.current){b?L(b):h(null);return}b?.isExact&&[l.current.text,B()].includes(b.text)?L(b):b?.text!=null&&!oe.has(s)?(re(b),X(o("loadedAgain"))):h(b)});async function ae(b,G=l.current){let we=B(),ao=ct(we,G),lo=await m("file_write",{server:e,path:t,data:Ge(ao),encoding:"base64",revision:b});a.current?L({...G,text:we,isExact:!0,...lo}):oe.get(s)?.doc.toString()===we&&H(),X(o("saved"))}async function Ye(b){if(!(!O||C||Z.value!==null)&&!(d!==void 0||!l.current.isExact)){D(!0);try{await ae(l.current.revision,b)}catch(G){E(G),G instanceof be||await q().catch(()=>{})}finally{D(!1)}}}if(Nt(b=>{b.key.toLowerCase()!=="s"||!(b.ctrlKey||b.metaKey)||document.querySelector("dialog")||(b.preventDefault(),Ye())}),!l.current)return i`<${he} ...${{id:e,path:t}} />${d===null?i`<${R} text=${o("fileGone")} />`:i`<p class="muted">${o("loading")}</p>`}`;let{encoding:Ze,mark:Zn,end:eo,size:to,isExact:no}=l.current;if(l.current.text===null)return i`<${ht} ...${{id:e,path:t}} text=${o("isNoText")} />`;let De=!no,oo=()=>{H(),d?.text!=null?re(d):c.current?.put(l.current.text),f(b=>b+1)},so=b=>({drop:{title:o("dropTyped"),about:o("dropTypedAbout"),verb:o("drop"),isDanger:!0,act:async()=>oo()},theirs:{title:o("loadTheirs"),about:o("dropTypedAbout"),verb:o("loadTheirs"),isDanger:!0,act:async()=>re(b)},mine:{title:o("saveMine"),about:o("saveMineAbout"),verb:o("saveMine"),isDanger:!0,act:()=>ae(b.revision)},back:{title:o("saveBack"),about:o("saveBackAbout"),verb:o("saveBack"),act:()=>ae(null)}}),Ot=b=>x(so(d)[b]),ro=O&&i`<span class="unsaved"><span class="dot"></span>${o("notSaved")}</span>`,et=g&&d?.text!=null,St=O?d!==void 0?o("theirsFirst"):"":o("nothingChanged");return i`<${he} ...${{id:e,path:t,note:ro}}>
      <button class="btn icon" type="button" aria-label=${o("editor.Find")} title=${`${o("editor.Find")} (${o("ctrl")} F)`} onClick=${()=>c.current?.find()}><${w} name="search" /></button>
      ${O&&i`<button class="btn" type="button" onClick=${()=>Ot("drop")}>${o("drop")} …</button>`}
      ${!De&&i`<button class=${C?"btn primary busy":"btn primary"} type="button" aria-disabled=${St?"true":void 0} title=${St||void 0} onClick=${()=>Ye()}>
          ${o("save")} <kbd>${o("ctrl")} S</kbd>
        </button>`}
    <//>
    ${d!==void 0&&i`<${ts} ...${{theirs:d,isCompared:g,compare:y,askAbout:Ot}} />`}
    ${A instanceof be?i`<div class="up-ask" role="alert">
            <span class="bad-t">${o("notIn",{encoding:it[Ze],characters:A.characters.slice(0,20).join(" ")})}</span>
            <button class="btn small" type="button" onClick=${()=>Ye({...l.current,encoding:"utf-8",mark:[]})}>${o("saveUtf8")}</button>
          </div>`:i`<${R} text=${d===void 0?U(A):""} />`}
    ${De&&i`<p class="muted">${o("notExact")}</p>`}
    <div class=${et?"both":void 0}>
      <div>
        ${et&&i`<h2>${o("mine")}</h2>`}
        <${fe}
          key=${String(De)}
          script=${Ie}
          part="Code"
          label=${T(t)}
          name=${T(t)}
          text=${r?.doc??l.current.text}
          ...${{line:n,isReadOnly:De}}
          handle=${c}
          tell=${(b,G,we)=>{p(G),we&&S(b)}}
        />
      </div>
      ${et&&i`<div>
          <h2>${o("theirs")}</h2>
          <${fe} key=${d.revision} script=${Ie} part="Code" label=${o("theirs")} name=${T(t)} text=${d.text} isReadOnly=${!0} />
        </div>`}
    </div>
    <div class="code-foot">
      <span>${o("atLine",{line:z(u.line),column:z(u.column)})}</span>
      <span>${it[Ze]}${Zn.length&&Ze==="utf-8"?` ${o("withMark")}`:""}, ${mn[eo]??o("endsDiffer")}</span>
      <span class="hide-s">${k(to)}</span>
    </div>
    ${M&&i`<${me} ...${M} close=${()=>x(null)} />`}`}function ts({theirs:e,isCompared:t,compare:n,askAbout:s}){let r=e===null?o("fileGone"):e.text===null?o("noTextNow"):o("fileChanged"),a=(l,c,f)=>i`<button class="btn" type="button" aria-pressed=${f} onClick=${c}>${l}</button>`;return Pt(r),i`<section class="notice warn" aria-label=${o("changedMeanwhile")}>
    <span><${w} name="git-compare-arrows" /></span>
    <div><b>${r}</b><p>${o(e===null?"fileGoneAbout":"fileChangedAbout")}</p></div>
    <div class="notice-acts">
      ${e===null?a(`${o("saveBack")} \u2026`,()=>s("back")):i`${e.text!==null&&a(o("compare"),()=>n(!t),String(t))}
              ${e.text!==null&&a(`${o("loadTheirs")} \u2026`,()=>s("theirs"))} ${a(`${o("saveMine")} \u2026`,()=>s("mine"))}`}
    </div>
  </section>`}var ns=200;function Pn(e,t){let n=e.toLowerCase().indexOf(t.toLowerCase());return n<0?e:i`${e.slice(0,n)}<mark>${e.slice(n,n+t.length)}</mark>${e.slice(n+t.length)}`}function zn({id:e,path:t,find:n,text:s}){let[r,a]=K(c=>m("file_search",{server:e,path:t,text:s,in:n,limit:ns},c),[]),l=W(()=>r?.matches.map((c,f)=>{let u=n==="content";return i`<li key=${f}>
          <a href=${Q(e,c.path,`?open=${c.line||1}`)}>${u?c.path:Pn(c.path,s)}</a>
          ${u&&i`<span class="muted">${o("lineN",{n:c.line})}</span><code>${Pn(c.text,s)}</code>`}
        </li>`}),[r]);return i`<section class="found" aria-label=${o("searchResults")}>
    <h2>${r?_("nFound",r.matches.length):a?o("searchResults"):o("searchingFiles")}</h2>
    ${r&&!r.complete&&i`<p class="muted">${o("foundNotAll")}</p>`}
    <${R} text=${U(a)} />
    ${r?.matches.length>0&&i`<ul>${l}</ul>`}
  </section>`}var jn=100,Ve=(e,t)=>e.reduce((n,s)=>n+t(s),0),Un=({file:e})=>e.size,Nn=({sent:e})=>e;function os(e){let t=P([]),n=performance.now()/1e3,[s,r]=[Ve(e,Nn),Ve(e,Un)],a=t.current.at(-1);!a||s<a.done?t.current=[{at:n,done:s}]:n-a.at>.2&&(t.current=[...t.current.slice(-100),{at:n,done:s}]);let l=Qt(t.current),c=Vt(l,{done:s,total:r});return[o("doneOf",{done:k(s),total:k(r)}),l>0&&o("perSecond",{n:k(l)}),c!==null&&o("timeLeft",{n:Tt(c)})].filter(Boolean).join(" \xB7 ")}function Hn({id:e}){let t=I.value.filter(({batch:n})=>n.server===e);return t.length>0&&i`<${ss} ...${{id:e,all:t}} />`}function ss({id:e,all:t}){let n=t.flatMap(c=>c.files.filter(({state:f})=>f!=="skipped")),s=t.filter(ne),r=s.length>0,a=os(n),l=r?_("uploadingN",s.length):o("uploads");return i`<section class="uploads" aria-label=${o("uploads")}>
    <div class="up-head">
      <h2>${l}</h2>
      ${n.some(({state:c})=>c==="sends")&&i`<span class="muted">${a}</span>`}
      <button class="btn small" type="button" onClick=${()=>t.forEach(Ke)}>${o(r?"cancelAll":"close")}</button>
    </div>
    ${An(e).map(c=>i`<${rs} batch=${c} />`)}
    <ul>
      ${(t.length>jn?t.filter(c=>ne(c)||qn(c)).slice(0,jn):t).map(c=>i`<${ls} key=${c.key} item=${c} />`)}
    </ul>
  </section>`}function rs({batch:e}){let t=bt(e),n=s=>i`<button class="btn small" type="button" onClick=${()=>Cn(e,s)}>${o(`taken.${s}`)}</button>`;return i`<div class="up-ask" role="group" aria-label=${o("namesTaken")}>
    <span class="bad-t"><${w} name="circle-alert" />${t.length===1?o("nameTaken",{name:t[0].path}):o("namesTakenN",{n:z(t.length),name:t[0].path})}</span>
    <span class="up-choice">${n("replace")} ${n("both")} ${n("skip")}</span>
  </div>`}var qn=e=>!!e.error||!ne(e)&&e.files.some(({state:t})=>t==="failed");function as(e){let t=e.files.filter(({state:s})=>s==="failed"),n=e.error??t[0]?.error;return n?N(n):e.files.some(({isLate:s})=>s)?o("uploadAgain"):e.files.some(({state:s})=>s==="asks")?o("isTaken"):e.files.length&&e.files.every(({state:s})=>s==="skipped")?o("isSkipped"):o("uploadWaits")}function ls({item:e}){let{name:t,files:n}=e,s=n.some(({state:g})=>g==="sends"),r=qn(e),a=n.length>0&&n.every(({state:g})=>g==="skipped"),l=!r&&!a&&!ne(e)&&!!e.isReady,[c,f]=[Ve(n,Nn),Ve(n,Un)],u=s&&!n.some(({isLate:g})=>g),p=f?Math.round(100*c/f):0,d=!!e.error||n.some(({state:g,error:y})=>g==="failed"&&y.code),h=e.isFolder?`${t}/`:t;return i`<li class=${r?"bad":l?"ok":void 0}>
    ${r?i`<${w} name="circle-alert" />`:l?i`<${w} name="circle-check" />`:i`<${Ut} state=${s?"starting":"waiting"} />`}
    <span class="up-name">${h} ${e.isFolder&&i`<span class="muted">${_("nFiles",n.length)}</span>`}</span>
    <span class="num muted">${s?o("doneOf",{done:k(c),total:k(f)}):k(f)}</span>
    ${u?i`<span class="progress" role="progressbar" aria-label=${t} aria-valuenow=${p} aria-valuemin="0" aria-valuemax="100"
            ><span style=${{width:`${p}%`}}></span
          ></span>`:i`<span class=${r?"bad-t":"muted"}>${l?i`<span class="sr">${o("done")}</span>`:as(e)}</span>`}
    <span class="up-choice">
      ${r&&d&&i`<button class="btn small" type="button" onClick=${()=>En(e)}>${o("tryAgain")}</button>`}
      <button class="btn icon" type="button" aria-label=${o(ne(e)?"cancelIt":"clearIt",{name:t})} title=${o(ne(e)?"cancel":"clear")} onClick=${()=>Ke(e)}><${w} name="x" /></button>
    </span>
  </li>`}var is=1e3,Xe=1e4,Gn=200,cs=1e3,Je=le(new Map);j.subscribe(e=>e||(Je.value=new Map));function Wn({id:e,status:t}){let n=Pe(J.value.path),{open:s}=J.value.query;return s?i`<${In} key=${`${e}/${n}`} ...${{id:e,path:n,line:Number(s)||1}} />`:i`<${us} key=${`${e}/${n}`} ...${{id:e,path:n,status:t}} />`}function gt(e,t,n){let[s,r]=$(null),[a,l]=$(null),[c,f]=$(0),[u,p]=$(Xe),d=t.backup!==void 0;V(()=>{let y=new AbortController;return ge(async()=>{let x=[],A=0,E=!0;try{for(;E&&x.length<u;){let C=x.at(-1)?.name,D=await m(e,{...t,path:n,after:C,limit:is},y.signal);x.push(...D.entries),{more:E}=D,A=Math.max(A,D.hidden),x.length===D.entries.length&&r(O=>O??{entries:[...x],more:E,hidden:A})}r({entries:x,more:E,hidden:A}),l(null)}catch(C){if(C.code&&l(C),!C.code||!d)throw C}},null,y.signal),()=>y.abort()},[t.server,t.backup,n,c,u]);let h=()=>f(y=>y+1);V(()=>{let y=()=>document.hidden||d||h();return document.addEventListener("visibilitychange",y),()=>document.removeEventListener("visibilitychange",y)},[]);let g=$t.value;return V(()=>{if(!g||d)return;let y=setTimeout(h,cs);return()=>clearTimeout(y)},[g]),[s,a,h,()=>p(u+Xe)]}var kt=e=>e!==null&&(e.more||e.entries.length>Xe),wt=new Intl.Collator(void 0,{numeric:!0}).compare,Te=({kind:e})=>e==="directory",Kn={name:(e,t)=>wt(e.name,t.name),size:(e,t)=>e.size-t.size||wt(e.name,t.name),changed:(e,t)=>e.modifiedAt-t.modifiedAt||wt(e.name,t.name)};function vt(e,t){let n=Kn[t.replace("-","")]??Kn.name,s=t.startsWith("-")?-1:1;return[...e].sort((r,a)=>Te(a)-Te(r)||s*n(r,a))}function us({id:e,path:t,status:n}){let[s,r,a,l]=gt("file_list",{server:e},t),{q:c="",sort:f="name",find:u=""}=J.value.query,[p,d]=$(new Set),[h,g]=$(Gn),[y,M]=$(null),[x,A]=$(null),E=P(null),C=async F=>{try{await F(),A(null),a()}catch(q){A(q)}},D=kt(s),B=W(()=>{let F=c.toLowerCase(),q=(s?.entries??[]).filter(({name:ae})=>ae.toLowerCase().includes(F));return D?q:vt(q,f)},[s,c,f]),O=B.filter(({name:F})=>p.has(F)),H=F=>{let q=v(t,F.name),ae=Te(F)?Q(e,q):F.kind==="file"?Q(e,q,"?open=1"):null;return i`<${xt} key=${F.name} ...${{entry:F,href:ae,chosen:p,choose:d}} items=${nn(e,t,F,M,C)} />`},S=W(()=>B.slice(0,h).map(H),[B,h,p]),L=F=>{F.length&&On(e,t,F)},re=()=>{M(null),a()};return i`<${ps} ...${{send:L,fail:A}}>
    <div class="file-bar">
      <${$e} ...${{id:e,path:t}} />
      <span class="muted hide-s">${s&&_(s.more?"nEntriesMore":"nEntries",s.entries.length)}</span>
      <span class="file-acts">
        <${qt} label=${o("filterFiles")} placeholder=${o("filter")} value=${c} change=${F=>ke({q:F,find:""})} enter=${()=>ke({find:c&&"names"})} />
        <${ce} label=${o("new")} css="btn" items=${fs(e,t,M,E)}><${w} name="file" />${o("new")}<//>
        <${ds} ...${{send:L,folder:E}} />
      </span>
    </div>
    ${c&&i`<${$s} find=${u} />`}
    <${Me} ...${{id:e,status:n,look:a}} />
    <${Hn} id=${e} />
    <${R} text=${x?N(x):r&&N(r)} />
    ${u&&c&&i`<${zn} key=${`${u} ${c}`} ...${{id:e,path:t,find:u,text:c}} />`}
    ${!s&&!r&&i`<p class="muted">${o("loading")}</p>`}
    ${s&&!s.entries.length&&i`<${ie} icon="folder" title=${o("emptyFolder")} text=${o("emptyFolderHow")} />`}
    ${s&&s.entries.length>0&&!B.length&&i`<p class="more">${o("noFileFits",{text:c})}</p>`}
    ${B.length>0&&i`<${yt} ...${{isLarge:D,sort:f,found:B,picked:O,choose:d}} rows=${S} />`}
    ${B.length>h&&i`<p class="more"><button class="btn" onClick=${()=>g(h+Gn)}>${o("showMore")}</button></p>`}
    ${B.length<=h&&s?.more&&i`<p class="more"><button class="btn" onClick=${l}>${o("loadMore")}</button></p>`}
    ${s?.hidden>0&&i`<p class="muted">${_("nHidden",s.hidden)}</p>`}
    ${D&&i`<p class="muted">${o("largeFolder",{n:z(Xe)})}</p>`}
    ${O.length>0&&i`<${bs} ...${{id:e,path:t,picked:O,ask:M,act:C}} none=${()=>d(new Set)} />`}
    ${y&&i`<${me} ...${y} close=${re} />`}
  <//>`}var fs=(e,t,n,s)=>[{icon:"file",text:`${o("newFile")} \u2026`,act:()=>n(Zt(e,t))},{icon:"folder-plus",text:`${o("newFolder")} \u2026`,act:()=>n(en(e,t))},{icon:"globe",text:`${o("fromAddress")} \u2026`,act:()=>n(tn(e,t))},"-",{icon:"folder-up",text:`${o("uploadFolder")} \u2026`,act:()=>s.current.click()}];function ps({send:e,fail:t,children:n}){let[s,r]=$(!1),a=P(0),l=u=>{a.current=Math.max(a.current+u,0),r(a.current>0)},c=({dataTransfer:u})=>[...u.types].includes("Files");return i`<div
    class=${s?"drop over":"drop"}
    onDragEnter=${u=>c(u)&&l(1)}
    onDragLeave=${u=>c(u)&&l(-1)}
    onDragOver=${u=>c(u)&&u.preventDefault()}
    onDrop=${async u=>{if(c(u)){u.preventDefault(),a.current=0,r(!1);try{e(await fn(u.dataTransfer))}catch{t(new Error(o("uploadUnreadable")))}}}}
  >
    ${n}
  </div>`}function ds({send:e,folder:t}){let n=P(null),s=({target:r})=>{e(pn(r.files)),r.value=""};return i`<button class="btn primary" type="button" onClick=${()=>n.current.click()}><${w} name="upload" />${o("upload")}</button>
    <input type="file" hidden multiple ref=${n} onChange=${s} aria-label=${o("upload")} />
    <input type="file" hidden webkitdirectory ref=${t} onChange=${s} aria-label=${o("uploadFolder")} />`}function $s({find:e}){let t=(n,s)=>i`<button class="chip" type="button" aria-pressed=${String(e===n)} onClick=${()=>ke({find:e===n?"":n})}>${o(s)}</button>`;return i`<div class="chips find-in" role="group" aria-label=${o("searchBelow")}>${t("names","searchNames")} ${t("content","searchText")}</div>`}function Me({id:e,status:t,look:n}){let s=xe.value.get(e),r=s?.job??t?.job,a=Je.value.get(e),l=f=>Je.value=new Map(Je.value).set(e,f),c=async f=>{if(s?.job===f.job&&Oe(e,null),n(),f.status==="failed"&&l(Ct(f.error,f.cause)),!(f.status!=="done"||s?.job!==f.job)){X(o("jobIsDone"));try{await s.done?.(f)}catch(u){l(N(u))}}};return i`${r!=null&&t&&i`<${fe} key=${r} script=${Jt} part="Job" ...${{status:t,id:r,over:c}} />`}
    ${a&&i`<section class="notice bad" aria-label=${o("jobFailed")}>
        <span><${w} name="circle-alert" /></span>
        <div><b>${o("jobFailed")}</b><p>${a}</p></div>
        <div class="notice-acts"><button class="btn" type="button" onClick=${()=>l(null)}>${o("close")}</button></div>
      </section>`}`}function yt({isLarge:e,sort:t,found:n,picked:s,choose:r,rows:a}){let l=s.length===n.length,[c,f]=[t.replace("-",""),t.startsWith("-")],u=(p,d,h)=>{let g=!e&&c===p,y=i`${o(d)} ${g&&i`<${w} name=${f?"chevron-down":"chevron-up"} />`}`,M=g&&!f?`-${p}`:p;return i`<th scope="col" class=${h} aria-sort=${g?f?"descending":"ascending":void 0}>
      ${e?o(d):i`<button type="button" onClick=${()=>ke({sort:M==="name"?"":M})}>${y}</button>`}
    </th>`};return i`<div class="table-wrap">
    <table class="plain files">
      <caption class="sr">${o("files")}</caption>
      <thead>
        <tr>
          <td class="c-sel">
            <input
              type="checkbox"
              aria-label=${o("selectAll")}
              checked=${l}
              indeterminate=${s.length>0&&!l}
              onChange=${()=>r(new Set(l?[]:n.map(({name:p})=>p)))}
            />
          </td>
          ${u("name","name")} ${u("size","size","num")} ${u("changed","changedAt","num hide-s")}
          <th scope="col"><span class="sr">${o("actions")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${a}
      </tbody>
    </table>
  </div>`}function ms({kind:e,name:t,executable:n}){return e==="directory"?"folder":e==="link"?"external-link":e!=="file"?"info":ye(t)?"image":je(t)?"file-archive":n?"terminal":"file-text"}function xt({entry:e,href:t,chosen:n,choose:s,items:r}){let{name:a,kind:l,size:c,modifiedAt:f,executable:u}=e,p=n.has(a),d=()=>s(new Set(p?[...n].filter(g=>g!==a):[...n,a])),h=l!=="file"&&!t;return i`<tr class=${p?"here":void 0}>
    <td class="c-sel"><input type="checkbox" aria-label=${o("select",{id:a})} checked=${p} onChange=${d} /></td>
    <th scope="row">
      <span class="fn"
        ><${w} name=${ms(e)} css=${Te(e)?"dir":""} />${t?i`<a href=${t}>${Te(e)?`${a}/`:a}</a>`:i`<span class=${h?"muted":void 0}>${a}</span>`}${l==="file"&&u&&i`<span class="tag">${o("isProgram")}</span>`}${h&&i`<span class="tag">${o(`is.${l}`)}</span>`}</span
      >
    </th>
    <td class="num">${l==="file"?k(c):i`<span class="none" role="img" aria-label=${o("none")}>–</span>`}</td>
    <td class="num hide-s" title=${te(f)}>${ve(f)}</td>
    <td class="acts"><${ce} label=${o("moreFor",{id:a})} items=${r} /></td>
  </tr>`}function bs({id:e,path:t,picked:n,ask:s,act:r,none:a}){let l=(c,f,u,p="btn")=>i`<button class=${p} type="button" onClick=${u}><${w} name=${c} />${o(f)}</button>`;return i`<section class="bulk" aria-label=${o("chosenFiles")}>
    <span>${o("nSelected",{n:z(n.length)})}</span>
    <span class="bulk-acts">
      ${nt(n)&&l("download","download",()=>r(()=>_e(e,t,n)))} ${l("folder","move",()=>s(ot(e,t,n)))}
      ${l("file-archive","pack",()=>s(st(e,t,n)))}
      ${l("trash-2","deleteIt",()=>s(rt(e,t,n)),"btn danger")}
      <button class="btn icon" type="button" aria-label=${o("clear")} title=${o("clear")} onClick=${a}><${w} name="x" /></button>
    </span>
  </section>`}var Qn=200;function Vn({id:e,status:t,backup:n,path:s,look:r}){let[a,l,,c]=gt("backup_files",{backup:n.backup},s),{sort:f="name"}=J.value.query,[u,p]=$(new Set),[d,h]=$(Qn),[g,y]=Ee(t,r),M=kt(a),x=W(()=>M?a.entries:vt(a?.entries??[],f),[a,f]),A=x.filter(({name:O})=>u.has(O)),E=O=>de(e,n.backup,O),C=O=>y(H=>Fe(n,H,O.map(({name:S})=>v(s,S)))),D=O=>{let H=[{icon:"history",text:`${o("restore")} \u2026`,act:()=>C([O])}],S=O.kind==="directory"?E(v(s,O.name)):null;return i`<${xt} key=${O.name} ...${{entry:O,href:S,chosen:u,choose:p,items:H}} />`},B=W(()=>x.slice(0,d).map(D),[x,d,u]);return i`<div class="file-bar">
      <a class="btn icon" href=${`#/server/${e}/backups`} aria-label=${o("toBackups")} title=${o("toBackups")}><${w} name="chevron-left" /></a>
      <b>${Y(n)}</b>
      <${$e} ...${{id:e,path:s,to:E}} />
      <span class="muted">${_("nFiles",n.files)}, ${k(n.total)}</span>
      <span class="file-acts"><button class="btn" type="button" onClick=${()=>C([])}><${w} name="history" />${o("restoreWhole")} …</button></span>
    </div>
    <div class="backup-about">
      <${Be} backup=${n} />
      ${n.changed.length>0&&i`<p class="muted">${o("incompleteAre",{names:n.changed.join(", ")})}</p>`}
    </div>
    <${Me} ...${{id:e,status:t,look:r}} />
    ${g}
    <${R} text=${l&&N(l)} />
    ${!a&&!l&&i`<p class="muted">${o("loading")}</p>`}
    ${a&&!x.length&&i`<p class="more">${o("emptyFolder")}</p>`}
    ${x.length>0&&i`<${yt} ...${{isLarge:M,sort:f,found:x,picked:A,choose:p}} rows=${B} />`}
    ${x.length>d&&i`<p class="more"><button class="btn" type="button" onClick=${()=>h(d+Qn)}>${o("showMore")}</button></p>`}
    ${x.length<=d&&a?.more&&i`<p class="more"><button class="btn" type="button" onClick=${c}>${o("loadMore")}</button></p>`}
    ${a?.hidden>0&&i`<p class="muted">${_("nHidden",a.hidden)}</p>`}
    ${A.length>0&&i`<${hs} ...${{picked:A}} restore=${()=>C(A)} none=${()=>p(new Set)} />`}`}function hs({picked:e,restore:t,none:n}){let s=e.length>at?o("atMostPaths",{n:z(at)}):"";return i`<section class="bulk" aria-label=${o("chosenFiles")}>
    <span>${s||o("nSelected",{n:z(e.length)})}</span>
    <span class="bulk-acts">
      <button class="btn" type="button" aria-disabled=${s?"true":void 0} title=${s||void 0} onClick=${()=>s||t()}>
        <${w} name="history" />${o("restore")} …
      </button>
      <button class="btn icon" type="button" aria-label=${o("clear")} title=${o("clear")} onClick=${n}><${w} name="x" /></button>
    </span>
  </section>`}var Jn=50;function Xn({id:e,status:t}){let[,,,,n]=J.value.path.split("/"),[s,r]=$(0),[a,l]=K(d=>m("backup_list",{server:e},d),[e,t?.job,s]),c=()=>r(d=>d+1),f=a?.backups;if(!f||!t)return i`<p class="muted">${l?N(l):o("loading")}</p>`;if(!n)return i`<${ws} ...${{id:e,status:t,backups:f,look:c}} />`;let u=f.find(d=>String(d.backup)===n),p=Pe(J.value.path,5);return u?i`<${Vn} key=${`${n}/${p}`} ...${{id:e,status:t,backup:u,path:p,look:c}} />`:i`<${ie} icon="archive" title=${o("code.no_such_backup")}><a class="btn" href=${`#/server/${e}/backups`}>${o("toBackups")}</a><//>`}function Ee(e,t){let[n,s]=$(null),[r,a]=$(null),l=async u=>{try{await u(),a(null),t()}catch(p){a(p)}},c=()=>{s(null),t()};return[i`<${R} text=${r&&N(r)} />${n&&i`<${me} ...${n(e)} close=${c} />`}`,u=>s(()=>u),l]}function ws({id:e,status:t,backups:n,look:s}){let[r,a,l]=Ee(t,s),[c,f]=$(Jn);return i`<${vs} ...${{id:e,status:t,backups:n,ask:a}} />
    ${Bt.value.admin&&!zt.value&&i`<${gs} />`}
    <${Me} ...${{id:e,status:t,look:s}} />
    ${r}
    ${!n.length&&i`<${ie} icon="archive" title=${o("noBackups")} text=${o("noBackupsHow")} />`}
    ${n.length>0&&i`<div class="table-wrap">
        <table class="plain backups">
          <caption class="sr">${o("backups")}</caption>
          <thead>
            <tr>
              <th scope="col">${o("when")}</th>
              <th scope="col" class="num">${o("size")}</th>
              <th scope="col" class="num hide-s">${o("files")}</th>
              <th scope="col" class="hide-s">${o("version")}</th>
              <th scope="col" class="hide-s">${o("byWhom")}</th>
              <th scope="col">${o("note")}</th>
              <th scope="col"><span class="sr">${o("actions")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${n.slice(0,c).map(u=>i`<${xs} key=${u.backup} ...${{id:e,backup:u,ask:a,act:l}} />`)}
          </tbody>
        </table>
      </div>`}
    ${n.length>c&&i`<p class="more"><button class="btn" type="button" onClick=${()=>f(c+Jn)}>${o("showMore")}</button></p>`}`}function gs(){let[e]=K(t=>m("host_status",{},t),[]);return e?.backupsOnSameDisk&&i`<section class="notice warn" aria-label=${o("sameDisk")}>
      <span><${w} name="hard-drive" /></span>
      <div><b>${o("sameDisk")}</b><p>${o("sameDiskAbout")}</p></div>
      <div class="notice-acts"><button class="btn" type="button" onClick=${()=>jt(!0)}>${o("close")}</button></div>
    </section>`}function ks(e){return["Last","Daily","Weekly"].filter(n=>e[`backupKeep${n}`]>0).map(n=>_(`rule.${n}`,e[`backupKeep${n}`])).join(", ")||o("rule.none")}function vs({id:e,status:t,backups:n,ask:s}){let r=Dt(e,"settings"),[a]=K(p=>r&&m("server_settings",{server:e},p),[e,r]),l=a&&Object.fromEntries(a.settings.map(({name:p,value:d})=>[p,d])),c=o("nTogether",{n:_("nBackups",n.length),size:k(n.reduce((p,{size:d})=>p+d,0))}),f=l?.backupLimit?` ${o("ofLimit",{limit:k(l.backupLimit*2**20)})}`:"",u=Z.value!==null?o("awayWait"):t.job!==null?o("code.job_running"):"";return i`<div class="summary">
    <div>
      <span class="k">${o("lastBackup")}</span>
      <b title=${n.length?te(n[0].at):void 0}>${n.length?Mt(n[0].at,_t()):o("never")}</b>
    </div>
    <div><span class="k">${o("keptBackups")}</span><b>${c}${f}</b></div>
    <div class="grow">
      ${l&&i`<span class="k">${o("rules")}</span><span>${ks(l)} · <a href=${`#/server/${e}/settings`}>${o("changeRules")}</a></span>`}
    </div>
    <button
      class="btn primary"
      type="button"
      aria-disabled=${u?"true":void 0}
      title=${u||void 0}
      onClick=${()=>u||s(()=>on(e))}
    >
      <${w} name="archive" />${o("backUpNow")} …
    </button>
  </div>`}var Re=({css:e="",icon:t,text:n,title:s})=>i`<span class=${`mk ${e}`} title=${s}><${w} name=${t} />${n}</span>`,Be=({backup:{note:e,locked:t,complete:n,changed:s,quiesced:r,checkedAt:a,damaged:l}})=>i`<span class="marks">
    ${e&&i`<span>${e}</span>`} ${l&&i`<${Re} css="bad" icon="circle-alert" text=${o("isDamaged")} />`}
    ${!n&&i`<${Re} css="warn" icon="triangle-alert" text=${s.length?_("nIncomplete",s.length):o("isIncomplete")} title=${s.join(`
`)} />`}
    ${r===!1&&i`<${Re} css="warn" icon="triangle-alert" text=${o("notQuiesced")} title=${o("notQuiescedAbout")} />`}
    ${a!==null&&!l&&i`<${Re} css="good" icon="circle-check" text=${o("isChecked")} title=${te(a)} />`}
    ${t&&i`<${Re} icon="lock" text=${o("isLocked")} />`}
  </span>`,ys=()=>i`<span class="none" role="img" aria-label=${o("none")}>–</span>`;function xs({id:e,backup:t,ask:n,act:s}){let{at:r,size:a,files:l,version:c,by:f}=t,u=Y(t);return i`<tr>
    <th scope="row" title=${te(r)}><a href=${de(e,t.backup,"")}>${u}</a></th>
    <td class="num">${k(a)}</td>
    <td class="num hide-s">${z(l)}</td>
    <td class="hide-s">${c??i`<${ys} />`}</td>
    <td class="hide-s">${f}</td>
    <td><${Be} backup=${t} /></td>
    <td class="acts">
      <span class="hide-s">
        <button class="btn small" type="button" aria-label=${o("restoreOf",{when:u})} onClick=${()=>n(p=>Fe(t,p))}>${o("restore")} …</button>
      </span>
      <${ce} label=${o("moreFor",{id:u})} items=${rn(t,n,s)} />
    </td>
  </tr>`}async function Os(e){let{backups:t}=await m("backup_list",{},e),{servers:n}=await m("server_list",{},e),s=new Set(t.map(({server:a})=>a)),r=new Set;for(let{server:a}of n.filter(l=>s.has(l.server)))(await m("backup_list",{server:a},e)).backups.forEach(({backup:c})=>r.add(c));return t.filter(({backup:a})=>!r.has(a))}function Yn(){let[e,t]=$(0),[n,s]=K(Os,[e]),[r,a,l]=Ee(null,()=>t(p=>p+1)),[c,f]=$(""),u=p=>{f(_("nAdopted",p)),X(_("nAdopted",p))};return i`<section class="panel lost" aria-label=${o("lostBackups")}>
    <div class="tab-head">
      <h2>${o("lostBackups")}</h2>
      <button class="btn small" type="button" onClick=${()=>a(()=>sn(u))}>${o("adopt")} …</button>
    </div>
    ${c&&i`<p>${c}</p>`} ${r}
    ${!n?.length&&i`<p class="muted">${n?o("noLostBackups"):U(s)||o("loading")}</p>`}
    ${n?.length>0&&i`<table class="plain backups">
        <thead>
          <tr>
            <th scope="col">${o("server")}</th>
            <th scope="col" class="num">${o("size")}</th>
            <th scope="col">${o("when")}</th>
            <th scope="col" class="hide-s">${o("typeName")}</th>
            <th scope="col">${o("note")}</th>
            <th scope="col"><span class="sr">${o("actions")}</span></th>
          </tr>
        </thead>
        <tbody>
          ${n.map(p=>i`<tr key=${p.backup}>
              <th scope="row">${p.server}</th>
              <td class="num">${k(p.size)}</td>
              <td title=${te(p.at)}>${Y(p)}</td>
              <td class="hide-s">${p.type}</td>
              <td><${Be} backup=${p} /></td>
              <td class="acts"><${ce} label=${o("moreFor",{id:`${p.server}, ${Y(p)}`})} items=${an(p,a,l)} /></td>
            </tr>`)}
        </tbody>
      </table>`}
  </section>`}export{Xn as Backups,Wn as Files,Yn as LostBackups};
