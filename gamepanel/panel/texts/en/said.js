// What the daemon says in words of its own is English already.
export default [];
