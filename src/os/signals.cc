#include "os/signals.h"

#include "base/check.h"
#include "os/fd.h"
#include "os/internal/forwarded_signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <thread>

namespace slipway::os {

using internal::is_forwarded;

struct SignalStop::Impl {
    std::stop_source source;
    std::atomic<int> first = 0;
    sigset_t previous{};
    Fd signals;
    Fd quit;
    std::thread thread;

    void run() {
        // Under the supervisor one Ctrl-C comes twice: from the terminal and passed on. Each way
        // counts for itself, so that only a second press, or a second kill, is a second signal.
        std::array<int, 2> count{};
        std::array<pollfd, 2> fds = {pollfd{.fd = signals.get(), .events = POLLIN, .revents = 0},
                                     pollfd{.fd = quit.get(), .events = POLLIN, .revents = 0}};
        while (true) {
            if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
            if (fds[1].revents != 0) return;
            signalfd_siginfo info{};
            if (::read(signals.get(), &info, sizeof info) != sizeof info) continue;
            const int number = static_cast<int>(info.ssi_signo);
            if (++count[is_forwarded(info) ? 1 : 0] == 2) ::_exit(128 + number);
            int none = 0;
            first.compare_exchange_strong(none, number);
            source.request_stop();
        }
    }
};

SignalStop::SignalStop() : impl_(std::make_unique<Impl>()) {
    const sigset_t wanted = internal::stop_signals();
    SLIPWAY_CHECK(::pthread_sigmask(SIG_BLOCK, &wanted, &impl_->previous) == 0,
                  "signals can be blocked");
    impl_->signals = Fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    impl_->quit = Fd(::eventfd(0, EFD_CLOEXEC));
    SLIPWAY_CHECK(impl_->signals.valid() && impl_->quit.valid(),
                  "there are file descriptors at the start");
    impl_->thread = std::thread([this] { impl_->run(); });
}

SignalStop::~SignalStop() {
    const std::uint64_t one = 1;
    SLIPWAY_CHECK(::write(impl_->quit.get(), &one, sizeof one) == sizeof one,
                  "an eventfd takes a count");
    impl_->thread.join();
    ::pthread_sigmask(SIG_SETMASK, &impl_->previous, nullptr);
}

std::stop_token SignalStop::token() const {
    return impl_->source.get_token();
}

std::optional<int> SignalStop::received() const {
    const int number = impl_->first;
    return number == 0 ? std::nullopt : std::optional(number);
}

}  // namespace slipway::os
