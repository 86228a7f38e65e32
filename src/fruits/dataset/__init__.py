"""Photos on their way: a public set to this machine, and a folder or an archive to a bucket."""
