/**
 * Preloaded (--import) into child processes. When the parent ends, even by kill -9, the channel to it closes,
 * and the process ends as on SIGTERM. The program itself does not know about its parent.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// the channel alone must not keep the process alive
process.channel?.unref()
