/** The command that runs a service in its folder, as its image does; the sizes are in MB. */
export const serviceArgv = ['node', '--max-semi-space-size=16', '--max-old-space-size=192', 'src/main.ts']
