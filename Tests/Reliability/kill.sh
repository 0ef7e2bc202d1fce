#!/usr/bin/env bash
# Kills `backprop train` by SIGKILL at random moments while it writes checkpoints, COUNT times, and fails unless
# no checkpoint is ever damaged, none that the program said was saved is ever lost, and every run that is
# resumed until its end has the model of the run that was never killed, byte for byte.
#
#     Tests/Reliability/kill.sh [COUNT]     300 by default; PROGRAM=… names another backprop, SEED=… other moments
#
# Without PROGRAM it builds the command. Needs python3.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${PROGRAM:-}" ]; then
    swift build -c release --product backprop >&2
    PROGRAM=$(swift build -c release --show-bin-path)/backprop
fi
exec python3 Tests/Reliability/kill.py "$PROGRAM" "${1:-300}" "${SEED:-1}"
