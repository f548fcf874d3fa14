/**
 * Preloaded (--import) into every process that the stack starts. When the launcher ends, even by kill -9, the channel
 * to it closes, and the process ends as if it had been told to. The services know nothing of a launcher.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// the channel alone is no reason to stay alive
process.channel?.unref()
