// What the supervisor and the signal thread have to agree on.
//
// A signal may reach the body twice: directly (Ctrl-C goes to the whole process group; so does
// `kill -- -group`) and from the outer process, which passes on what it gets. The passed-on one is
// queued with a value of ours, so that the receiver can tell the two ways apart.
#pragma once

#include <sys/signalfd.h>

#include <csignal>

namespace slipway::os::internal {

constexpr int kForwardedMark = 0x510b;

inline bool is_forwarded(const signalfd_siginfo& info) {
    return info.ssi_code == SI_QUEUE && info.ssi_int == kForwardedMark;
}

/// SIGINT, SIGTERM and SIGHUP, without those that our caller made us ignore (nohup, background jobs
/// of a plain sh).
inline sigset_t stop_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction current {};
        const bool ignored =
            ::sigaction(number, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
        if (!ignored) ::sigaddset(&set, number);
    }
    return set;
}

}  // namespace slipway::os::internal
