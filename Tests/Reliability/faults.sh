#!/usr/bin/env bash
# Makes the calls that write a checkpoint fail, one after the other until none is left: opening, writing, flushing,
# renaming and linking, by EIO, ENOSPC, EINTR and short writes; and a disk that is really full. Fails unless the old
# file is whole each time, what a signal interrupted is done all the same, and everything else is told.
#
#     Tests/Reliability/faults.sh     PROGRAM=… names another backprop
#
# First the C core's functions by faults.c, then the command under strace, then on a file system of 1.5 MB. What
# there is not, strace or the right to mount, is skipped, and it says so. Needs gcc and python3.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

wraps=$(sed -n 's/^.*__wrap_\([a-z]*\)(.*[{}]$/-Wl,--wrap=\1/p' Tests/Reliability/faults.c)
# shellcheck disable=SC2086 # several options
gcc -std=c11 -O1 -Wall -Wextra -Werror -Iinclude Tests/Reliability/faults.c Sources/CBackprop/*.c -lm -pthread $wraps \
    -o "$work/faults"
"$work/faults" "$work"

if [ -z "${PROGRAM:-}" ]; then
    swift build -c release --product backprop >&2
    PROGRAM=$(swift build -c release --show-bin-path)/backprop
fi
if ! command -v strace >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq strace) >/dev/null 2>&1 || true
fi
if command -v strace >/dev/null && strace -o "$work/trace" true 2>/dev/null; then
    python3 Tests/Reliability/faults.py "$PROGRAM"
else
    echo "skipped: the command with faults: there is no strace, or it may not be used"
fi

# A namespace of one's own where mounting is for root alone.
enter=()
mkdir "$work/disk"
try="mount -t tmpfs -o size=1536k none $work/disk"
if [ "$(id -u)" != 0 ] || ! { $try && umount "$work/disk"; } 2>/dev/null; then enter=(unshare --user --map-root-user --mount); fi
if "${enter[@]}" bash -c "$try && umount $work/disk" 2>/dev/null; then
    "${enter[@]}" bash -c "$try && status=0; python3 Tests/Reliability/full.py '$PROGRAM' '$work/disk' || status=1
        umount '$work/disk'; exit \$status"
else
    echo "skipped: a full disk: file systems can't be mounted here"
fi
