# Sourced by tools/environment.sh and jobs/launch.sh. Expects bash. Defines forward_signals.

# forward_signals SIGNAL… -- COMMAND…: runs the command in a process group of its own. Each of these signals to this shell
# becomes a SIGUSR1 to the command, on which blockspin's ranks write a checkpoint and end with 75; mpirun passes SIGUSR1 on
# at once and then waits for as long as they need. Returns the exit code of the command; `forwarded` is then 1 if there was
# such a signal, else empty.
forward_signals() {
    local signals=() started code=0 again
    while [ "$1" != -- ]; do signals+=("$1"); shift; done
    shift
    forwarded=
    set -m # job control: a Ctrl-C at the terminal reaches this shell and not the command
    "$@" </dev/null &
    started=$!
    set +m
    trap 'forwarded=1; kill -USR1 "$started" 2>/dev/null || true' "${signals[@]}"
    wait "$started" || code=$?
    while [ "$code" -gt 128 ]; do # perhaps a signal ended the wait, and not the command
        again=0
        wait "$started" || again=$?
        [ "$again" -ne 127 ] || break # it was the command, and its exit code is known
        code=$again
    done
    trap - "${signals[@]}"
    return "$code"
}
