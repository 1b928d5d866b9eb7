DDNet has a console.
