# shellcheck shell=bash
# PostgreSQL refuses to run as root: who runs it instead, and where that user can work. Sourced.

if [[ $(id -u) == 0 ]]; then
    server_user=postgres
else
    server_user=$(id -un)
fi

# as_server_user COMMAND…: from /, because that user may not be able to enter the caller's directory.
as_server_user() {
    if [[ $(id -u) == 0 ]]; then
        (cd / && exec runuser -u "$server_user" -- "$@")
    else
        (cd / && exec "$@")
    fi
}

# Prints the directory for what the server reads and writes: below target/ if its user can get there, else below /var/tmp.
server_directory() {
    local directory="$target/server"
    (umask 022 && mkdir -p "$directory")
    if ! as_server_user test -x "$directory"; then
        directory="/var/tmp/zapgres-$(id -un)-$(printf '%s' "$root" | cksum | cut -d ' ' -f 1)"
        (umask 022 && mkdir -p "$directory")
        # The name can be guessed: what somebody else has put there is not ours to run.
        [[ -O $directory && ! -L $directory ]] || die "$directory belongs to somebody else: remove it"
    fi
    printf '%s\n' "$directory"
}

# scratch_directory NAME: a new directory that only the server's user (and root) can enter, with a path short enough for a socket.
scratch_directory() {
    local directory
    directory=$(mktemp -d "/tmp/zapgres-$1.XXXXXX")
    [[ $(id -u) != 0 ]] || chown "$server_user" "$directory"
    printf '%s\n' "$directory"
}
