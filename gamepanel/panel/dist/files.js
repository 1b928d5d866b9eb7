import{B as r,C as ct,Ca as x,Da as bt,E as B,Ea as ye,G as H,H as k,J as ut,L as ft,Mb as xt,Na as ht,Nb as Ot,Ob as Ft,P as dt,Pa as wt,Qa as gt,Rb as ke,S as U,Sa as vt,Sb as te,U as pt,Va as yt,Wa as je,Xa as kt,Ya as L,a as b,b as j,ba as ue,d as T,e as J,f as X,g as c,ha as mt,j as M,ja as Y,ka as $t,l as ge,n as at,o as q,p as v,r as lt,s as ie,u as ve,v as ce,w as it}from"./first.js";var Ct=e=>new Promise((t,n)=>e.readEntries(t,n)),An=e=>new Promise((t,n)=>e.file(t,n));async function St(e,t,n){if(e.isFile){n.files.push({path:t,file:await An(e)});return}n.folders.push(t);let o=e.createReader();for(let s=await Ct(o);s.length;s=await Ct(o))for(let i of s)await St(i,`${t}/${i.name}`,n)}async function At({items:e}){let t=[...e].filter(({kind:o})=>o==="file").map(o=>o.webkitGetAsEntry()),n=[];for(let o of t.filter(Boolean)){let s={name:o.name,folders:[],files:[]};await St(o,o.name,s),o.isFile?n.push({name:o.name,file:s.files[0].file}):n.push({...s,folders:s.folders.slice(1)})}return n}function Et(e){let t=new Map,n=[];for(let o of e){let s=o.webkitRelativePath;if(!s){n.push({name:o.name,file:o});continue}let i=s.split("/"),a=t.get(i[0])??{name:i[0],folders:new Set,files:[]};t.set(i[0],a);for(let l=2;l<i.length;l++)a.folders.add(i.slice(0,l).join("/"));a.files.push({path:s,file:o})}return[...n,...[...t.values()].map(o=>({...o,folders:[...o.folders]}))]}var w=(e,t)=>e?`${e}/${t}`:t,S=e=>e.slice(e.lastIndexOf("/")+1),ne=e=>e.slice(0,Math.max(e.lastIndexOf("/"),0)),D=(e,t,n="")=>`#/server/${e}/files${t&&`/${t.split("/").map(encodeURIComponent).join("/")}`}${n}`;function En(e){try{return decodeURIComponent(e)}catch{return e}}var _t=e=>e.split("/").slice(4).filter(Boolean).map(En).join("/");function xe(e,t){let n=e.lastIndexOf("."),o=n>0?e.slice(0,n):e,s=2;for(;t.has(`${o} (${s})${e.slice(o.length)}`);)s+=1;return`${o} (${s})${e.slice(o.length)}`}var _n={avif:"image/avif",bmp:"image/bmp",gif:"image/gif",ico:"image/x-icon",jpeg:"image/jpeg",jpg:"image/jpeg",png:"image/png",webp:"image/webp"},Tn=/\.(zip|jar|tar|tgz|tbz2?|txz|tzst|tar\.(gz|bz2|xz|zst))$/i,fe=e=>_n[e.slice(e.lastIndexOf(".")+1).toLowerCase()],Oe=e=>Tn.test(e);var Tt=1e3,de=X(new Map);M.subscribe(e=>e||(de.value=new Map));function Ne(e,t){let n=new Map(de.value);t?n.set(e,t):n.delete(e),de.value=n}async function pe(e,t,n,o){let{job:s}=await v(t,{server:e,...n});Ne(e,{job:s,done:o})}function Rt(e){let t=Object.assign(document.createElement("a"),{href:`/file_download?${new URLSearchParams(e)}`,download:""});document.body.append(t),t.click(),t.remove()}async function Rn(e,t){let{ticket:n}=await v("download_ticket",{server:e,path:t});Rt({server:e,path:t,ticket:n})}async function Mn(e){let{ticket:t}=await v("download_ticket",{job:e});Rt({ticket:t})}var Ln=e=>e.length===1&&e[0].kind==="file",qe=e=>e.some(({kind:t})=>t==="file"||t==="directory");async function me(e,t,n){if(Ln(n))return Rn(e,w(t,n[0].name));let o=n.map(({name:s})=>w(t,s));return pe(e,"file_pack",{paths:o},({job:s})=>Mn(s))}var Fe=e=>e.length===1?e[0].name:B("nThings",e.length),Ce=(e,t=r("toPath"),n=r("toPathHint"))=>({name:"to",label:t,value:e,hint:n}),Se=e=>e.replace(/^\/+|\/+$/g,""),Mt=(e,t)=>({title:r("newFile"),verb:r("create"),fields:[{name:"name",label:r("name")}],act:({name:n})=>v("file_write",{server:e,path:w(t,n),data:"",revision:null})}),Lt=(e,t)=>({title:r("newFolder"),verb:r("create"),fields:[{name:"name",label:r("name")}],act:({name:n})=>v("file_make_directory",{server:e,path:w(t,n)})});function zn(e){try{return decodeURIComponent(S(new URL(e).pathname))}catch{return""}}var zt=(e,t)=>({title:r("fromAddress"),about:r("fetchAbout"),verb:r("fetch"),canReplace:!0,fields:[{name:"url",label:r("address")},{name:"name",label:r("name"),hint:r("fetchNameHint")},{name:"sha256",label:r("sha256"),hint:r("sha256Hint")}],act:({url:n,name:o,sha256:s,replace:i})=>{let a={url:n.trim(),to:w(t,o||zn(n.trim())),sha256:s.trim()||void 0,replace:i};return pe(e,"file_fetch",a)}}),Bn=(e,t,{name:n})=>({title:r("renameIt",{name:n}),verb:r("rename"),canReplace:!0,fields:[{name:"name",label:r("newName"),value:n}],act:({name:o,replace:s})=>v("file_move",{server:e,from:w(t,n),to:w(t,o),replace:s})}),He=(e,t,n)=>({title:r("moveIt",{what:Fe(n)}),verb:r("move"),canReplace:!0,fields:[Ce(t,r("toFolder"),r("toFolderHint"))],act:async({to:o,replace:s})=>{for(;n.length;){let{name:i}=n[0];await v("file_move",{server:e,from:w(t,i),to:w(Se(o),i),replace:s}),n=n.slice(1)}}}),Dn=(e,t,{name:n})=>({title:r("copyOf",{name:n}),verb:r("copy"),canReplace:!0,fields:[Ce(w(t,xe(n,new Set)))],act:({to:o,replace:s})=>pe(e,"file_copy",{from:w(t,n),to:Se(o),replace:s})}),Ge=(e,t,n)=>({title:r("packIt",{what:Fe(n)}),verb:r("pack"),canReplace:!0,fields:[Ce(w(t,`${n.length===1?n[0].name:S(t)||e}.zip`))],act:({to:o,replace:s})=>pe(e,"file_pack",{paths:n.map(({name:i})=>w(t,i)),to:Se(o),replace:s})}),Pn=(e,t,{name:n})=>({title:r("unpackIt",{name:n}),verb:r("unpack"),canReplace:"always",fields:[Ce(t,r("toFolder"),r("unpackHint"))],act:({to:o,replace:s})=>pe(e,"file_unpack",{path:w(t,n),to:Se(o),replace:s})}),Ke=(e,t,n)=>({title:r("deleteThem",{what:Fe(n)}),about:`${n.length>1?B("deleteN",n.length):""} ${r(n.some(({kind:o})=>o==="directory")?"deleteFolders":"deleteFinal")}`.trim(),verb:r("deleteForGood"),isDanger:!0,act:async()=>{let o=n.map(({name:s})=>w(t,s));for(let s=0;s<o.length;s+=Tt)await v("file_delete",{server:e,paths:o.slice(s,s+Tt)});Y(r("deleted",{what:Fe(n)}))}});function Bt(e,t,n,o,s){let{name:i,kind:a,executable:l}=n,u=a==="file",f=(d,p,m,h)=>({icon:d,text:`${r(p)} \u2026`,act:()=>o(m),...h});return[qe([n])&&{icon:"download",text:r("download"),key:"d",act:()=>s(()=>me(e,t,[n]))},f("pencil","rename",Bn(e,t,n)),f("copy","copy",Dn(e,t,n)),f("folder","move",He(e,t,[n])),f("file-archive","pack",Ge(e,t,[n])),u&&Oe(i)&&f("package","unpack",Pn(e,t,n)),u&&{icon:"terminal",text:r(l?"noProgram":"makeProgram"),act:()=>s(()=>v("file_update",{server:e,path:w(t,i),executable:!l}))},"-",f("trash-2","deleteIt",Ke(e,t,[n]),{isDanger:!0})]}var Pt=[["utf-8",[239,187,191]],["utf-16le",[255,254]],["utf-16be",[254,255]]],We={"utf-8":"UTF-8","utf-16le":"UTF-16 LE","utf-16be":"UTF-16 BE","windows-1252":"Windows-1252"},It={"\n":"LF","\r\n":"CRLF","\r":"CR"},oe=class extends Error{constructor(t){super(),this.characters=t}},In=new TextDecoder("windows-1252").decode(Uint8Array.from({length:256},(e,t)=>t)),Dt=new Map([...In].map((e,t)=>[e,t]));function Un(e){let t=[...new Set(e)].filter(n=>!Dt.has(n));if(t.length)throw new oe(t);return Uint8Array.from(e,n=>Dt.get(n))}function jn(e,t){let n=new DataView(new ArrayBuffer(2*e.length));for(let o=0;o<e.length;o++)n.setUint16(2*o,e.charCodeAt(o),t);return new Uint8Array(n.buffer)}function Nn(e,t){return t==="utf-8"?new TextEncoder().encode(e):t==="windows-1252"?Un(e):jn(e,t==="utf-16le")}function Ve(e,{encoding:t,mark:n,end:o}){let s=o&&o!==`
`?e.replaceAll(`
`,o):e,i=Nn(s,t),a=new Uint8Array(n.length+i.length);return a.set(n),a.set(i,n.length),a}function $e(e,t,n){try{return new TextDecoder(t,{fatal:n,ignoreBOM:!0}).decode(e)}catch{return null}}var Qe=e=>Pt.find(([,t])=>t.every((n,o)=>e[o]===n))?.[1]??[],Ut=e=>Pt.find(([,t])=>t===e)[0],qn=(e,t)=>e.length===t.length&&e.every((n,o)=>n===t[o]);function jt(e){let t=Qe(e),n=e.subarray(t.length),o=t.length===2?[Ut(t)]:["utf-8","windows-1252"],s=o.find(d=>$e(n,d,!0)!==null)??o[0],i=$e(n,s,!1);if(i.includes("\0"))return null;let a=new Set(i.match(/\r\n|\r|\n/g)??[`
`]),l=a.size===1?[...a][0]:"",u={encoding:s,mark:t,end:l},f=l&&l!==`
`?i.replaceAll(l,`
`):i;return{...u,text:f,isExact:qn(Ve(f,u),e)}}function Nt(e,t){let n=t.length===2?$e(e,Ut(t),!1):null;for(let o=0;o<16&&n===null;o++)n=$e(e.subarray(o>>2,e.length-(o&3)),"utf-8",!0);return n??=$e(e,"windows-1252",!1),n.includes("\0")?null:n.replace(/\r\n?/g,`
`)}function Ae(e){let t="";for(let n=0;n<e.length;n+=8192)t+=String.fromCharCode(...e.subarray(n,n+8192));return btoa(t)}var Je=e=>Uint8Array.from(atob(e),t=>t.charCodeAt(0));var Ht=2,Gt=64*1024*1024,Xe=1024*1024,Hn=6e4,Gn=3e4,Kn=200,Wn=1e3,Vn=10,Qn=["busy","shutting_down","timeout","too_many_requests"],Jn=["forbidden","job_running","no_space","no_such_server","quota_exceeded"],E=X([]),Ze=X(0),Xn=["waits","sends","asks"],G=e=>!(e.isReady||e.error)||e.files.some(({state:t})=>Xn.includes(t)),Kt=()=>E.value.some(G),qt=null;function Z(){qt??=setTimeout(()=>{qt=null,E.value=[...E.value]},Kn)}function Wt(){Ze.value+=1,Z()}M.subscribe(e=>e||E.value.forEach(Ee));function Vt(e,t,n){let o={server:e,directory:t,choice:null,taken:new Map},s=n.map(({name:i,file:a,files:l,folders:u=[]})=>{let f={key:Math.random(),batch:o,name:i,isFolder:!a,folders:a?[]:[i,...u],error:null};f.stop=new AbortController,f.files=(a?[{path:i,file:a}]:l).map(d=>({item:f,file:d.file,path:w(t,d.path),state:"waits",sent:0,tries:0,error:Yn(d.file)}));for(let d of f.files)d.error&&(d.state="failed");return f});E.value=[...E.value,...s],Qt(o,s)}function Yn({size:e}){let t=pt.value?.maxUpload??1/0;return e>t?new Error(r("uploadTooLarge",{size:k(e),most:k(t)})):null}async function Zn(e,t,n){let o=new Set,s;for(let i=0;i<Vn;i++){let a=await v("file_list",{server:e,path:t,after:s,limit:Wn},n);if(a.entries.forEach(({name:l})=>o.add(l)),!a.more)return o;s=a.entries.at(-1).name}return null}async function et(e,t,n=()=>{}){for(let o=0;;o++)try{return await e(o)}catch(s){if(t.aborted||!(s instanceof q||Qn.includes(s.code))||(n(),await lt(Math.max(Math.min(500*2**o,Gn),1e3*(s.retryAfter??0)),t),t.aborted))throw s}}async function Qt(e,t){let{server:n,directory:o,taken:s}=e,i=async(a,l)=>{s.has(a)||s.set(a,await et(()=>Zn(n,a,l),l))};for(let a of t){let{signal:l}=a.stop;try{a.isFolder||await i(o,l);for(let u of a.folders)await eo(e,w(o,u),i,l);for(let u of a.files)u.state==="waits"&&s.get(ne(u.path))?.has(S(u.path))&&en(u);a.isReady=!0}catch(u){l.aborted||Jt(a,u)}Z(),_e()}}async function eo({server:e,taken:t},n,o,s){try{await et(()=>v("file_make_directory",{server:e,path:n},s),s),t.set(n,new Set),Wt()}catch(i){if(i.code!=="file_exists")throw i;await o(n,s)}}function Jt(e,t){let n=e.files.filter(({state:o})=>o==="waits"||o==="asks");if(!(e.isReady&&!n.length)){e.error=t;for(let o of n)Xt(o,t);Z()}}function Xt(e,t){e.state="failed",e.error=t}var Yt=e=>[...new Set(E.value.flatMap(({batch:t,files:n})=>t.server===e&&!t.choice&&n.some(({state:o})=>o==="asks")?[t]:[]))],tt=e=>E.value.flatMap(t=>t.batch===e?t.files.filter(({state:n})=>n==="asks"):[]);function Zt(e,t){e.choice=t,tt(e).forEach(tn),Z(),_e()}function en(e){e.state="asks",e.item.batch.choice&&tn(e)}function tn(e){let{batch:t}=e.item;if(e.state=t.choice==="skip"?"skipped":"waits",e.upload=null,t.choice==="replace"&&(e.replaces=!0),t.choice!=="both")return;let n=ne(e.path),o=t.taken.get(n)??new Set;o.add(S(e.path));let s=xe(S(e.path),o);o.add(s),t.taken.set(n,o),e.path=w(n,s)}function Ee(e){e.stop.abort(),E.value=E.value.filter(t=>t!==e)}function nn(e){e.error=null,e.stop=new AbortController;for(let t of e.files)t.state==="failed"&&t.error.code&&Object.assign(t,{state:"waits",error:null,tries:1});Z(),e.isReady?_e():Qt(e.batch,[e])}var Ye=0;function _e(){for(;Ye<Ht;){let e=E.value.flatMap(t=>t.isReady?t.files:[]).find(({state:t})=>t==="waits");if(!e)return;Ye+=1,e.state="sends",to(e).finally(()=>{Ye-=1,Z(),_e()})}}async function to(e){let{item:t}=e,{signal:n}=t.stop,o;try{o=await no(n),await et(s=>so(e,s+e.tries,n),n,()=>e.isLate=!0),e.state="done",e.sent=e.file.size,Wt()}catch(s){if(n.aborted)return;e.sent=0,s.code==="file_exists"&&!e.replaces?en(e):(Xt(e,s),Jn.includes(s.code)&&E.value.filter(({batch:i})=>i===t.batch).forEach(i=>Jt(i,s)))}finally{e.isLate=!1,o?.()}}function no(e){return navigator.locks?new Promise((t,n)=>{let o=new AbortController,s=()=>{o.abort(),n(e.reason)};e.aborted&&s(),e.addEventListener("abort",s);let i=!1,a=()=>{if(!(i||e.aborted))return i=!0,o.abort(),e.removeEventListener("abort",s),new Promise(t)};for(let l=0;l<Ht;l++)navigator.locks.request(`gamepanel.upload.${l}`,{signal:o.signal},a).catch(()=>{})}):()=>{}}var oo=()=>[...crypto.getRandomValues(new Uint8Array(16))].map(e=>e.toString(16).padStart(2,"0")).join("");async function so(e,t,n){let{file:o,path:s,item:i}=e;t&&await ro(o);let a={server:i.batch.server,path:s,...e.replaces?{}:{revision:""}};if(o.size>Gt)return io(e,a,t,n);if(!(t&&!e.replaces&&await ao(e,n)))return sn(a,o,l=>on(e,l),n)}function on(e,t){e.sent=t,e.isLate=!1,Z()}async function ro(e){try{await e.slice(0,1).arrayBuffer()}catch{throw new Error(r("uploadUnreadable"))}}async function ao({file:e,path:t,item:n},o){let s={server:n.batch.server,path:t,encoding:"base64",limit:Xe},i=0;do{try{let{data:a,size:l}=await v("file_read",{...s,offset:i},o),u=new Uint8Array(await e.slice(i,i+Xe).arrayBuffer());if(l!==e.size||a!==Ae(u))return!1}catch(a){if(a instanceof q||o.aborted)throw a;return!1}i+=Xe}while(i<e.size);return!0}async function lo(e,t,n){try{return await v("upload_status",{server:e,upload:t},n)}catch(o){if(o.code==="no_such_file")return{offset:0};throw o}}async function io(e,t,n,o){let{file:s}=e,i={offset:0};e.upload&&n?i=await lo(t.server,e.upload,o):e.upload=oo();let a=i.offset;for(;i.revision===void 0;){let l=i.offset,u={...t,upload:e.upload,offset:l,size:s.size};try{i=await sn(u,s.slice(l,a),f=>on(e,l+f),o)}catch(f){throw f.code==="file_changed"&&f.cause?.code==="other_offset"?new q:f}a=Math.min(i.offset+Gt,s.size)}}function sn(e,t,n,o){return new Promise((s,i)=>{let a=new XMLHttpRequest,l,u=()=>{clearTimeout(l),l=setTimeout(()=>a.abort(),Hn)},f=()=>a.abort();a.open("POST",`/file_upload?${new URLSearchParams(e)}`),M.value&&a.setRequestHeader("Authorization",`Bearer ${M.value}`),a.setRequestHeader("Content-Type","application/octet-stream"),a.responseType="json",a.upload.onprogress=({loaded:d})=>{u(),n(d)},a.onload=()=>{let d=a.response??(a.status===413?{detail:"",code:"too_large"}:null);a.status===200?s(d):i(d?new at(d,Number(a.getResponseHeader("Retry-After"))||null):new q)},a.onerror=a.onabort=()=>i(new q),a.onloadend=()=>{clearTimeout(l),o.removeEventListener("abort",f)},o.addEventListener("abort",f),u(),a.send(t)})}function Te({id:e,path:t}){let n=t?t.split("/"):[];return c`<nav class="crumbs" aria-label=${r("folder")}>
    <a href=${D(e,"")} title=${r("topFolder")}><${x} name="server" /><span class="sr">${r("topOf",{id:e})}</span></a>
    ${(n.length?n:[r("topFolder")]).map((o,s)=>{let i=n.slice(0,s+1).join("/");return c`<span aria-hidden="true">/</span>${s>=n.length-1?c`<span aria-current="page">${o}</span>`:c`<a href=${D(e,i)}>${o}</a>`}`})}
  </nav>`}var ee=e=>e?.problems?.[0]?yt(e.problems[0]):e?.code?U(e):e?.message||U(e);function Re({title:e,about:t,fields:n=[],verb:o,isDanger:s,canReplace:i,act:a,close:l}){let[u,f]=b(()=>Object.fromEntries(n.map(({name:g,value:O=""})=>[g,O]))),[d,p]=b(null),[m,h]=b(i==="always"),[y,C]=b(!1),[_,A]=b(!1);async function R(g){if(g.preventDefault(),!(_||ge.value!==null)){A(!0);try{await a({...u,...y&&{replace:y}}),l()}catch(O){p(O),h(m||i&&O.code==="file_exists"),A(!1)}}}let N=({target:g})=>g.setSelectionRange(0,g.value.lastIndexOf(".")>0?g.value.lastIndexOf("."):g.value.length);return c`<${kt} title=${e} close=${l}>
    ${t&&c`<p>${t}</p>`}
    <form onSubmit=${R} noValidate>
      <div class="dialog-fields">
        ${n.map(({name:g,label:O,hint:P})=>c`<${wt}
            key=${g}
            id=${`ask-${g}`}
            ...${{label:O,hint:P,value:u[g]}}
            change=${V=>f({...u,[g]:V})}
            onFocus=${N}
            autocomplete="off"
            autocapitalize="none"
            spellcheck=${!1}
          />`)}
        ${m&&c`<${gt} id="ask-replace" label=${r("replaceIt")} checked=${y} change=${C} />`}
      </div>
      <${L} text=${d&&ee(d)} />
      <div class="dialog-acts">
        <button type="button" class="btn" onClick=${l}>${r("cancel")}</button>
        <button type="submit" class=${`btn ${s?"danger-fill":"primary"} ${_?"busy":""}`}>${o}</button>
      </div>
    </form>
  <//>`}var W=1024*1024,rn=8*1024*1024,co=5e3,K=new mt,be=new Set;addEventListener("beforeunload",e=>{(be.size||Kt())&&e.preventDefault()});M.subscribe(e=>e||be.clear());var Me=(e,t,n,o,s)=>v("file_read",{server:e,path:t,offset:n,limit:o,encoding:"base64"},s);function ln({id:e,path:t,line:n}){let[o,s]=ue(l=>Me(e,t,0,1,l),[]),i=fe(S(t))!==void 0,[a]=b(K.has(`${e}/${t}`));return j(()=>{s?.code==="not_a_file"&&it(D(e,t).slice(1))},[s]),a?c`<${an} ...${{id:e,path:t,line:n}} />`:o?i&&o.size<=rn?c`<${uo} ...${{id:e,path:t}} />`:i?c`<${nt} ...${{id:e,path:t}} text=${r("pictureTooLarge",{most:k(rn)})} />`:o.size>W?c`<${fo} ...${{id:e,path:t}} />`:c`<${an} ...${{id:e,path:t,line:n}} />`:c`<${se} ...${{id:e,path:t}} />${s?c`<${L} text=${U(s)} />`:c`<p class="muted">${r("loading")}</p>`}`}function se({id:e,path:t,note:n,children:o}){let[s,i]=b(null),a={name:S(t),kind:"file"},l=()=>me(e,ne(t),[a]).then(()=>i(null),i);return c`<div class="file-bar">
      <${Te} ...${{id:e,path:t}} />
      ${n}
      <span class="file-acts">
        ${o}
        <button class="btn icon" type="button" aria-label=${r("download")} title=${r("download")} onClick=${l}><${x} name="download" /></button>
        <a class="btn" href=${D(e,ne(t))}>${r("close")}</a>
      </span>
    </div>
    <${L} text=${U(s)} />`}var nt=({id:e,path:t,text:n})=>c`<${se} ...${{id:e,path:t}} /><${ye} icon="file" title=${S(t)} text=${n} />`;function uo({id:e,path:t}){let[n,o]=b(null),[s,i]=b(!1);return j(()=>{let a=new AbortController,l=null;return ie(async()=>{let f=M.value?{Authorization:`Bearer ${M.value}`}:{},d=`/file_download?${new URLSearchParams({server:e,path:t})}`,p;try{let m=await fetch(d,{headers:f,signal:a.signal,cache:"no-store"});if(!m.ok)return i(!0);p=await m.arrayBuffer()}catch{throw new q}l=URL.createObjectURL(new Blob([p],{type:fe(S(t))})),a.signal.aborted||o(l)},null,a.signal),()=>{a.abort(),URL.revokeObjectURL(l)}},[]),s?c`<${nt} ...${{id:e,path:t}} text=${r("pictureBroken")} />`:c`<${se} ...${{id:e,path:t}} />${n?c`<p class="picture"><img src=${n} alt=${S(t)} onError=${()=>i(!0)} /></p>`:c`<p class="muted">${r("loading")}</p>`}`}function fo({id:e,path:t}){let[n,o]=b(0),[s,i]=ue(p=>Me(e,t,n,W,p),[n]),a=T([]),l=s?.offset===n,u=J(()=>{if(!l)return null;let p=Je(s.data);return n===0&&(a.current=Qe(p)),Nt(p,a.current)},[s,l]),f=(p,m)=>c`<button class="btn" type="button" aria-disabled=${p<0||p>=(s?.size??0)?"true":void 0} onClick=${()=>p>=0&&p<(s?.size??0)&&o(p)}>
      ${r(m)}
    </button>`,d=c`<span class="muted">${r("onlyRead",{most:k(W)})}</span>`;return c`<${se} ...${{id:e,path:t,note:d}}>${f(n-W,"partBefore")} ${f(n+W,"partNext")}<//>
    <${L} text=${U(i)} />
    ${l&&u===null&&c`<p class="muted">${r("isNoText")}</p>`}
    ${u!==null&&c`<${te} key=${n} script=${ke} part="Code" label=${S(t)} name="" text=${u} isReadOnly=${!0} />`}
    ${l&&c`<div class="code-foot"><span>${r("partOf",{from:k(n),to:k(Math.min(n+W,s.size)),size:k(s.size)})}</span></div>`}`}async function po(e,t,n){let{data:o,size:s,revision:i}=await Me(e,t,0,W,n);return{...(s>W?null:jt(Je(o)))??{text:null,isExact:!1},size:s,revision:i}}function mo(e,t,n,o){let s=T(null);s.current=o;let i=T({}),a=async l=>{let u=n.current,f=null;try{let{revision:d}=await Me(e,t,0,1,l),p=d===i.current.revision&&u===i.current.file;if(d===u?.revision||p)return;f=await po(e,t,l)}catch(d){if(!["no_such_file","not_a_file","not_a_directory"].includes(d.code))throw d}l?.aborted||n.current!==u||(i.current={revision:f?.revision,file:u},s.current(f))};return j(()=>{let l=new AbortController;return ie(()=>a(l.signal),co,l.signal),()=>l.abort()},[]),a}function an({id:e,path:t,line:n}){let o=`${e}/${t}`,s=K.get(o);s&&be.add(o);let i=T(!0);j(()=>()=>i.current=!1,[]);let a=T(s?.file??null),l=T(null),[,u]=b(0),[f,d]=b({line:n,column:1}),[p,m]=b(void 0),[h,y]=b(!1),[C,_]=b(null),[A,R]=b(null),[N,g]=b(!1),O=()=>l.current?.doc().toString()??K.get(o)?.doc.toString()??a.current.text,P=K.has(o),V=()=>{K.delete(o),be.delete(o)},he=$=>{$.toString()===a.current.text?V():(K.set(o,{doc:$,file:a.current}),be.add(o)),u(z=>z+1)},Q=$=>{a.current=$,m(void 0),y(!1),R(null),l.current&&he(l.current.doc()),u(z=>z+1)},re=$=>{l.current?.put($.text),Q($)},I=mo(e,t,a,$=>{if(!a.current){$?Q($):m(null);return}$?.isExact&&[a.current.text,O()].includes($.text)?Q($):$?.text!=null&&!K.has(o)?(re($),Y(r("loadedAgain"))):m($)});async function ae($,z=a.current){let le=O(),Cn=Ve(le,z),Sn=await v("file_write",{server:e,path:t,data:Ae(Cn),encoding:"base64",revision:$});i.current?Q({...z,text:le,isExact:!0,...Sn}):K.get(o)?.doc.toString()===le&&V(),Y(r("saved"))}async function Pe($){if(!(!P||N||ge.value!==null)&&!(p!==void 0||!a.current.isExact)){g(!0);try{await ae(a.current.revision,$)}catch(z){R(z),z instanceof oe||await I().catch(()=>{})}finally{g(!1)}}}if(ht($=>{$.key.toLowerCase()!=="s"||!($.ctrlKey||$.metaKey)||document.querySelector("dialog")||($.preventDefault(),Pe())}),!a.current)return c`<${se} ...${{id:e,path:t}} />${p===null?c`<${L} text=${r("fileGone")} />`:c`<p class="muted">${r("loading")}</p>`}`;let{encoding:Ie,mark:gn,end:vn,size:yn,isExact:kn}=a.current;if(a.current.text===null)return c`<${nt} ...${{id:e,path:t}} text=${r("isNoText")} />`;let we=!kn,xn=()=>{V(),p?.text!=null?re(p):l.current?.put(a.current.text),u($=>$+1)},On=$=>({drop:{title:r("dropTyped"),about:r("dropTypedAbout"),verb:r("drop"),isDanger:!0,act:async()=>xn()},theirs:{title:r("loadTheirs"),about:r("dropTypedAbout"),verb:r("loadTheirs"),isDanger:!0,act:async()=>re($)},mine:{title:r("saveMine"),about:r("saveMineAbout"),verb:r("saveMine"),isDanger:!0,act:()=>ae($.revision)},back:{title:r("saveBack"),about:r("saveBackAbout"),verb:r("saveBack"),act:()=>ae(null)}}),st=$=>_(On(p)[$]),Fn=P&&c`<span class="unsaved"><span class="dot"></span>${r("notSaved")}</span>`,Ue=h&&p?.text!=null,rt=P?p!==void 0?r("theirsFirst"):"":r("nothingChanged");return c`<${se} ...${{id:e,path:t,note:Fn}}>
      <button class="btn icon" type="button" aria-label=${r("editor.Find")} title=${`${r("editor.Find")} (${r("ctrl")} F)`} onClick=${()=>l.current?.find()}><${x} name="search" /></button>
      ${P&&c`<button class="btn" type="button" onClick=${()=>st("drop")}>${r("drop")} …</button>`}
      ${!we&&c`<button class=${N?"btn primary busy":"btn primary"} type="button" aria-disabled=${rt?"true":void 0} title=${rt||void 0} onClick=${()=>Pe()}>
          ${r("save")} <kbd>${r("ctrl")} S</kbd>
        </button>`}
    <//>
    ${p!==void 0&&c`<${$o} ...${{theirs:p,isCompared:h,compare:y,askAbout:st}} />`}
    ${A instanceof oe?c`<div class="up-ask" role="alert">
            <span class="bad-t">${r("notIn",{encoding:We[Ie],characters:A.characters.slice(0,20).join(" ")})}</span>
            <button class="btn small" type="button" onClick=${()=>Pe({...a.current,encoding:"utf-8",mark:[]})}>${r("saveUtf8")}</button>
          </div>`:c`<${L} text=${p===void 0?U(A):""} />`}
    ${we&&c`<p class="muted">${r("notExact")}</p>`}
    <div class=${Ue?"both":void 0}>
      <div>
        ${Ue&&c`<h2>${r("mine")}</h2>`}
        <${te}
          key=${String(we)}
          script=${ke}
          part="Code"
          label=${S(t)}
          name=${S(t)}
          text=${s?.doc??a.current.text}
          ...${{line:n,isReadOnly:we}}
          handle=${l}
          tell=${($,z,le)=>{d(z),le&&he($)}}
        />
      </div>
      ${Ue&&c`<div>
          <h2>${r("theirs")}</h2>
          <${te} key=${p.revision} script=${ke} part="Code" label=${r("theirs")} name=${S(t)} text=${p.text} isReadOnly=${!0} />
        </div>`}
    </div>
    <div class="code-foot">
      <span>${r("atLine",{line:H(f.line),column:H(f.column)})}</span>
      <span>${We[Ie]}${gn.length&&Ie==="utf-8"?` ${r("withMark")}`:""}, ${It[vn]??r("endsDiffer")}</span>
      <span class="hide-s">${k(yn)}</span>
    </div>
    ${C&&c`<${Re} ...${C} close=${()=>_(null)} />`}`}function $o({theirs:e,isCompared:t,compare:n,askAbout:o}){let s=e===null?r("fileGone"):e.text===null?r("noTextNow"):r("fileChanged"),i=(a,l,u)=>c`<button class="btn" type="button" aria-pressed=${u} onClick=${l}>${a}</button>`;return $t(s),c`<section class="notice warn" aria-label=${r("changedMeanwhile")}>
    <span><${x} name="git-compare-arrows" /></span>
    <div><b>${s}</b><p>${r(e===null?"fileGoneAbout":"fileChangedAbout")}</p></div>
    <div class="notice-acts">
      ${e===null?i(`${r("saveBack")} \u2026`,()=>o("back")):c`${e.text!==null&&i(r("compare"),()=>n(!t),String(t))}
              ${e.text!==null&&i(`${r("loadTheirs")} \u2026`,()=>o("theirs"))} ${i(`${r("saveMine")} \u2026`,()=>o("mine"))}`}
    </div>
  </section>`}var bo=200;function cn(e,t){let n=e.toLowerCase().indexOf(t.toLowerCase());return n<0?e:c`${e.slice(0,n)}<mark>${e.slice(n,n+t.length)}</mark>${e.slice(n+t.length)}`}function un({id:e,path:t,find:n,text:o}){let[s,i]=ue(l=>v("file_search",{server:e,path:t,text:o,in:n,limit:bo},l),[]),a=J(()=>s?.matches.map((l,u)=>{let f=n==="content";return c`<li key=${u}>
          <a href=${D(e,l.path,`?open=${l.line||1}`)}>${f?l.path:cn(l.path,o)}</a>
          ${f&&c`<span class="muted">${r("lineN",{n:l.line})}</span><code>${cn(l.text,o)}</code>`}
        </li>`}),[s]);return c`<section class="found" aria-label=${r("searchResults")}>
    <h2>${s?B("nFound",s.matches.length):i?r("searchResults"):r("searchingFiles")}</h2>
    ${s&&!s.complete&&c`<p class="muted">${r("foundNotAll")}</p>`}
    <${L} text=${U(i)} />
    ${s?.matches.length>0&&c`<ul>${a}</ul>`}
  </section>`}var fn=100,Le=(e,t)=>e.reduce((n,o)=>n+t(o),0),dn=({file:e})=>e.size,pn=({sent:e})=>e;function ho(e){let t=T([]),n=performance.now()/1e3,[o,s]=[Le(e,pn),Le(e,dn)],i=t.current.at(-1);!i||o<i.done?t.current=[{at:n,done:o}]:n-i.at>.2&&(t.current=[...t.current.slice(-100),{at:n,done:o}]);let a=xt(t.current),l=Ot(a,{done:o,total:s});return[r("doneOf",{done:k(o),total:k(s)}),a>0&&r("perSecond",{n:k(a)}),l!==null&&r("timeLeft",{n:ut(l)})].filter(Boolean).join(" \xB7 ")}function mn({id:e}){let t=E.value.filter(({batch:n})=>n.server===e);return t.length>0&&c`<${wo} ...${{id:e,all:t}} />`}function wo({id:e,all:t}){let n=t.flatMap(l=>l.files.filter(({state:u})=>u!=="skipped")),o=t.filter(G),s=o.length>0,i=ho(n),a=s?B("uploadingN",o.length):r("uploads");return c`<section class="uploads" aria-label=${r("uploads")}>
    <div class="up-head">
      <h2>${a}</h2>
      ${n.some(({state:l})=>l==="sends")&&c`<span class="muted">${i}</span>`}
      <button class="btn small" type="button" onClick=${()=>t.forEach(Ee)}>${r(s?"cancelAll":"close")}</button>
    </div>
    ${Yt(e).map(l=>c`<${go} batch=${l} />`)}
    <ul>
      ${(t.length>fn?t.filter(l=>G(l)||$n(l)).slice(0,fn):t).map(l=>c`<${yo} key=${l.key} item=${l} />`)}
    </ul>
  </section>`}function go({batch:e}){let t=tt(e),n=o=>c`<button class="btn small" type="button" onClick=${()=>Zt(e,o)}>${r(`taken.${o}`)}</button>`;return c`<div class="up-ask" role="group" aria-label=${r("namesTaken")}>
    <span class="bad-t"><${x} name="circle-alert" />${t.length===1?r("nameTaken",{name:t[0].path}):r("namesTakenN",{n:H(t.length),name:t[0].path})}</span>
    <span class="up-choice">${n("replace")} ${n("both")} ${n("skip")}</span>
  </div>`}var $n=e=>!!e.error||!G(e)&&e.files.some(({state:t})=>t==="failed");function vo(e){let t=e.files.filter(({state:o})=>o==="failed"),n=e.error??t[0]?.error;return n?ee(n):e.files.some(({isLate:o})=>o)?r("uploadAgain"):e.files.some(({state:o})=>o==="asks")?r("isTaken"):e.files.length&&e.files.every(({state:o})=>o==="skipped")?r("isSkipped"):r("uploadWaits")}function yo({item:e}){let{name:t,files:n}=e,o=n.some(({state:h})=>h==="sends"),s=$n(e),i=n.length>0&&n.every(({state:h})=>h==="skipped"),a=!s&&!i&&!G(e)&&!!e.isReady,[l,u]=[Le(n,pn),Le(n,dn)],f=o&&!n.some(({isLate:h})=>h),d=u?Math.round(100*l/u):0,p=!!e.error||n.some(({state:h,error:y})=>h==="failed"&&y.code),m=e.isFolder?`${t}/`:t;return c`<li class=${s?"bad":a?"ok":void 0}>
    ${s?c`<${x} name="circle-alert" />`:a?c`<${x} name="circle-check" />`:c`<${bt} state=${o?"starting":"waiting"} />`}
    <span class="up-name">${m} ${e.isFolder&&c`<span class="muted">${B("nFiles",n.length)}</span>`}</span>
    <span class="num muted">${o?r("doneOf",{done:k(l),total:k(u)}):k(u)}</span>
    ${f?c`<span class="progress" role="progressbar" aria-label=${t} aria-valuenow=${d} aria-valuemin="0" aria-valuemax="100"
            ><span style=${{width:`${d}%`}}></span
          ></span>`:c`<span class=${s?"bad-t":"muted"}>${a?c`<span class="sr">${r("done")}</span>`:vo(e)}</span>`}
    <span class="up-choice">
      ${s&&p&&c`<button class="btn small" type="button" onClick=${()=>nn(e)}>${r("tryAgain")}</button>`}
      <button class="btn icon" type="button" aria-label=${r(G(e)?"cancelIt":"clearIt",{name:t})} title=${r(G(e)?"cancel":"clear")} onClick=${()=>Ee(e)}><${x} name="x" /></button>
    </span>
  </li>`}var ko=1e3,Be=1e4,bn=200,xo=1e3,ze=X(new Map);M.subscribe(e=>e||(ze.value=new Map));function wn({id:e,status:t}){let n=_t(ve.value.path),{open:o}=ve.value.query;return o?c`<${ln} key=${`${e}/${n}`} ...${{id:e,path:n,line:Number(o)||1}} />`:c`<${Co} key=${`${e}/${n}`} ...${{id:e,path:n,status:t}} />`}function Oo(e,t){let[n,o]=b(null),[s,i]=b(null),[a,l]=b(0),[u,f]=b(Be);j(()=>{let m=new AbortController;return ie(async()=>{let y=[],C=0,_=!0;try{for(;_&&y.length<u;){let A=y.at(-1)?.name,R=await v("file_list",{server:e,path:t,after:A,limit:ko},m.signal);y.push(...R.entries),{more:_}=R,C=Math.max(C,R.hidden),y.length===R.entries.length&&o(g=>g??{entries:[...y],more:_,hidden:C})}o({entries:y,more:_,hidden:C}),i(null)}catch(A){throw A.code&&i(A),A}},null,m.signal),()=>m.abort()},[e,t,a,u]);let d=()=>l(m=>m+1);j(()=>{let m=()=>document.hidden||d();return document.addEventListener("visibilitychange",m),()=>document.removeEventListener("visibilitychange",m)},[]);let p=Ze.value;return j(()=>{if(!p)return;let m=setTimeout(d,xo);return()=>clearTimeout(m)},[p]),[n,s,d,()=>f(u+Be)]}var ot=new Intl.Collator(void 0,{numeric:!0}).compare,De=({kind:e})=>e==="directory",hn={name:(e,t)=>ot(e.name,t.name),size:(e,t)=>e.size-t.size||ot(e.name,t.name),changed:(e,t)=>e.modifiedAt-t.modifiedAt||ot(e.name,t.name)};function Fo(e,t){let n=hn[t.replace("-","")]??hn.name,o=t.startsWith("-")?-1:1;return[...e].sort((s,i)=>De(i)-De(s)||o*n(s,i))}function Co({id:e,path:t,status:n}){let[o,s,i,a]=Oo(e,t),{q:l="",sort:u="name",find:f=""}=ve.value.query,[d,p]=b(new Set),[m,h]=b(bn),[y,C]=b(null),[_,A]=b(null),R=T(null),N=async F=>{try{await F(),A(null),i()}catch(I){A(I)}},g=o!==null&&(o.more||o.entries.length>Be),O=J(()=>{let F=l.toLowerCase(),I=(o?.entries??[]).filter(({name:ae})=>ae.toLowerCase().includes(F));return g?I:Fo(I,u)},[o,l,u]),P=O.filter(({name:F})=>d.has(F)),V=F=>{let I=new Set(d);I.delete(F)||I.add(F),p(I)},he=J(()=>O.slice(0,m).map(F=>c`<${Lo} key=${F.name} ...${{id:e,path:t,entry:F,turn:V,ask:C,act:N}} isChosen=${d.has(F.name)} />`),[O,m,d]),Q=F=>{F.length&&Vt(e,t,F)},re=()=>{C(null),i()};return c`<${Ao} ...${{send:Q,fail:A}}>
    <div class="file-bar">
      <${Te} ...${{id:e,path:t}} />
      <span class="muted hide-s">${o&&B(o.more?"nEntriesMore":"nEntries",o.entries.length)}</span>
      <span class="file-acts">
        <${vt} label=${r("filterFiles")} placeholder=${r("filter")} value=${l} change=${F=>ce({q:F,find:""})} enter=${()=>ce({find:l&&"names"})} />
        <${je} label=${r("new")} css="btn" items=${So(e,t,C,R)}><${x} name="file" />${r("new")}<//>
        <${Eo} ...${{send:Q,folder:R}} />
      </span>
    </div>
    ${l&&c`<${_o} find=${f} />`}
    <${To} ...${{id:e,status:n,look:i}} />
    <${mn} id=${e} />
    <${L} text=${_?ee(_):s&&ee(s)} />
    ${f&&l&&c`<${un} key=${`${f} ${l}`} ...${{id:e,path:t,find:f,text:l}} />`}
    ${!o&&!s&&c`<p class="muted">${r("loading")}</p>`}
    ${o&&!o.entries.length&&c`<${ye} icon="folder" title=${r("emptyFolder")} text=${r("emptyFolderHow")} />`}
    ${o&&o.entries.length>0&&!O.length&&c`<p class="more">${r("noFileFits",{text:l})}</p>`}
    ${O.length>0&&c`<${Ro} ...${{isLarge:g,sort:u,found:O,picked:P,choose:p}} rows=${he} />`}
    ${O.length>m&&c`<p class="more"><button class="btn" onClick=${()=>h(m+bn)}>${r("showMore")}</button></p>`}
    ${O.length<=m&&o?.more&&c`<p class="more"><button class="btn" onClick=${a}>${r("loadMore")}</button></p>`}
    ${o?.hidden>0&&c`<p class="muted">${B("nHidden",o.hidden)}</p>`}
    ${g&&c`<p class="muted">${r("largeFolder",{n:H(Be)})}</p>`}
    ${P.length>0&&c`<${zo} ...${{id:e,path:t,picked:P,ask:C,act:N}} none=${()=>p(new Set)} />`}
    ${y&&c`<${Re} ...${y} close=${re} />`}
  <//>`}var So=(e,t,n,o)=>[{icon:"file",text:`${r("newFile")} \u2026`,act:()=>n(Mt(e,t))},{icon:"folder-plus",text:`${r("newFolder")} \u2026`,act:()=>n(Lt(e,t))},{icon:"globe",text:`${r("fromAddress")} \u2026`,act:()=>n(zt(e,t))},"-",{icon:"folder-up",text:`${r("uploadFolder")} \u2026`,act:()=>o.current.click()}];function Ao({send:e,fail:t,children:n}){let[o,s]=b(!1),i=T(0),a=f=>{i.current=Math.max(i.current+f,0),s(i.current>0)},l=({dataTransfer:f})=>[...f.types].includes("Files");return c`<div
    class=${o?"drop over":"drop"}
    onDragEnter=${f=>l(f)&&a(1)}
    onDragLeave=${f=>l(f)&&a(-1)}
    onDragOver=${f=>l(f)&&f.preventDefault()}
    onDrop=${async f=>{if(l(f)){f.preventDefault(),i.current=0,s(!1);try{e(await At(f.dataTransfer))}catch{t(new Error(r("uploadUnreadable")))}}}}
  >
    ${n}
  </div>`}function Eo({send:e,folder:t}){let n=T(null),o=({target:s})=>{e(Et(s.files)),s.value=""};return c`<button class="btn primary" type="button" onClick=${()=>n.current.click()}><${x} name="upload" />${r("upload")}</button>
    <input type="file" hidden multiple ref=${n} onChange=${o} aria-label=${r("upload")} />
    <input type="file" hidden webkitdirectory ref=${t} onChange=${o} aria-label=${r("uploadFolder")} />`}function _o({find:e}){let t=(n,o)=>c`<button class="chip" type="button" aria-pressed=${String(e===n)} onClick=${()=>ce({find:e===n?"":n})}>${r(o)}</button>`;return c`<div class="chips find-in" role="group" aria-label=${r("searchBelow")}>${t("names","searchNames")} ${t("content","searchText")}</div>`}function To({id:e,status:t,look:n}){let o=de.value.get(e),s=o?.job??t?.job,i=ze.value.get(e),a=u=>ze.value=new Map(ze.value).set(e,u),l=async u=>{if(o?.job===u.job&&Ne(e,null),n(),u.status==="failed"&&a(ct(u.error,u.cause)),!(u.status!=="done"||o?.job!==u.job)){Y(r("jobIsDone"));try{await o.done?.(u)}catch(f){a(ee(f))}}};return c`${s!=null&&t&&c`<${te} key=${s} script=${Ft} part="Job" ...${{status:t,id:s,over:l}} />`}
    ${i&&c`<section class="notice bad" aria-label=${r("jobFailed")}>
        <span><${x} name="circle-alert" /></span>
        <div><b>${r("jobFailed")}</b><p>${i}</p></div>
        <div class="notice-acts"><button class="btn" type="button" onClick=${()=>a(null)}>${r("close")}</button></div>
      </section>`}`}function Ro({isLarge:e,sort:t,found:n,picked:o,choose:s,rows:i}){let a=o.length===n.length,[l,u]=[t.replace("-",""),t.startsWith("-")],f=(d,p,m)=>{let h=!e&&l===d,y=c`${r(p)} ${h&&c`<${x} name=${u?"chevron-down":"chevron-up"} />`}`,C=h&&!u?`-${d}`:d;return c`<th scope="col" class=${m} aria-sort=${h?u?"descending":"ascending":void 0}>
      ${e?r(p):c`<button type="button" onClick=${()=>ce({sort:C==="name"?"":C})}>${y}</button>`}
    </th>`};return c`<div class="table-wrap">
    <table class="plain files">
      <caption class="sr">${r("files")}</caption>
      <thead>
        <tr>
          <td class="c-sel">
            <input
              type="checkbox"
              aria-label=${r("selectAll")}
              checked=${a}
              indeterminate=${o.length>0&&!a}
              onChange=${()=>s(new Set(a?[]:n.map(({name:d})=>d)))}
            />
          </td>
          ${f("name","name")} ${f("size","size","num")} ${f("changed","changedAt","num hide-s")}
          <th scope="col"><span class="sr">${r("actions")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${i}
      </tbody>
    </table>
  </div>`}function Mo({kind:e,name:t,executable:n}){return e==="directory"?"folder":e==="link"?"external-link":e!=="file"?"info":fe(t)?"image":Oe(t)?"file-archive":n?"terminal":"file-text"}function Lo({id:e,path:t,entry:n,isChosen:o,turn:s,ask:i,act:a}){let{name:l,kind:u,size:f,modifiedAt:d,executable:p}=n,m=w(t,l),h=u==="directory"?D(e,m):u==="file"?D(e,m,"?open=1"):null;return c`<tr class=${o?"here":void 0}>
    <td class="c-sel"><input type="checkbox" aria-label=${r("select",{id:l})} checked=${o} onChange=${()=>s(l)} /></td>
    <th scope="row">
      <span class="fn"
        ><${x} name=${Mo(n)} css=${De(n)?"dir":""} />${h?c`<a href=${h}>${De(n)?`${l}/`:l}</a>`:c`<span class="muted">${l}</span>`}${u==="file"&&p&&c`<span class="tag">${r("isProgram")}</span>`}${!h&&c`<span class="tag">${r(`is.${u}`)}</span>`}</span
      >
    </th>
    <td class="num">${u==="file"?k(f):c`<span class="none" role="img" aria-label=${r("none")}>–</span>`}</td>
    <td class="num hide-s" title=${ft(d)}>${dt(d)}</td>
    <td class="acts"><${je} label=${r("moreFor",{id:l})} items=${Bt(e,t,n,i,a)} /></td>
  </tr>`}function zo({id:e,path:t,picked:n,ask:o,act:s,none:i}){let a=(l,u,f,d="btn")=>c`<button class=${d} type="button" onClick=${f}><${x} name=${l} />${r(u)}</button>`;return c`<section class="bulk" aria-label=${r("chosenFiles")}>
    <span>${r("nSelected",{n:H(n.length)})}</span>
    <span class="bulk-acts">
      ${qe(n)&&a("download","download",()=>s(()=>me(e,t,n)))} ${a("folder","move",()=>o(He(e,t,n)))}
      ${a("file-archive","pack",()=>o(Ge(e,t,n)))}
      ${a("trash-2","deleteIt",()=>o(Ke(e,t,n)),"btn danger")}
      <button class="btn icon" type="button" aria-label=${r("clear")} title=${r("clear")} onClick=${i}><${x} name="x" /></button>
    </span>
  </section>`}export{wn as Files};
