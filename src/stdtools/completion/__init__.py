"""Tab in bash, zsh and fish: scripts that know all commands and options, and ask the program for values alone."""
