A step `fetch` takes filters of jq as they are (`as = "jq"`): each runs in a process of its own, which has 5 s and 256 MiB and sees nothing but the document.
