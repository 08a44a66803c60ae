#include "os/signals.h"

#include "os/child.h"
#include "os/internal/forwarded_signals.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

namespace slipway::os {
namespace {

/// Exit status of `body` in a process of its own.
int status_of(const std::function<int()>& body) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(body());
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void wait_for_stop(const SignalStop& stop) {
    while (!stop.token().stop_requested())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void forward_to_self(int number) {
    sigval value{};
    value.sival_int = internal::kForwardedMark;
    ::sigqueue(::getpid(), number, value);
}

TEST(SignalStop, FirstSignalAsksToStop) {
    EXPECT_EQ(status_of([] {
                  const SignalStop stop;
                  if (stop.received() || stop.token().stop_requested()) return 1;
                  ::kill(::getpid(), SIGTERM);
                  wait_for_stop(stop);
                  return stop.received() == SIGTERM ? 42 : 2;
              }),
              42);
}

TEST(SignalStop, SecondSignalEndsAtOnce) {
    EXPECT_EQ(status_of([] {
                  const SignalStop stop;
                  ::kill(::getpid(), SIGINT);
                  wait_for_stop(stop);
                  ::kill(::getpid(), SIGINT);
                  std::this_thread::sleep_for(std::chrono::seconds(20));
                  return 1;
              }),
              128 + SIGINT);
}

TEST(SignalStop, OneSignalByTwoWaysIsOne) {
    EXPECT_EQ(status_of([] {
                  const SignalStop stop;
                  ::kill(::getpid(), SIGINT);
                  wait_for_stop(stop);
                  forward_to_self(SIGINT);
                  std::this_thread::sleep_for(std::chrono::milliseconds(200));
                  return 42;
              }),
              42);
}

TEST(SignalStop, SecondPassedOnSignalEndsAtOnce) {
    EXPECT_EQ(status_of([] {
                  const SignalStop stop;
                  forward_to_self(SIGTERM);
                  wait_for_stop(stop);
                  forward_to_self(SIGTERM);
                  std::this_thread::sleep_for(std::chrono::seconds(20));
                  return 1;
              }),
              128 + SIGTERM);
}

TEST(SignalStop, LeavesIgnoredSignalsIgnored) {
    EXPECT_EQ(status_of([] {
                  ::signal(SIGHUP, SIG_IGN);
                  const SignalStop stop;
                  ::kill(::getpid(), SIGHUP);
                  std::this_thread::sleep_for(std::chrono::milliseconds(100));
                  return stop.token().stop_requested() ? 1 : 42;
              }),
              42);
}

TEST(SignalStop, RestoresTheMask) {
    EXPECT_EQ(status_of([] {
                  { const SignalStop stop; }
                  ::kill(::getpid(), SIGTERM);
                  return 1;
              }),
              1000 + SIGTERM);
}

TEST(SignalStop, ProgramsStartedMeanwhileCanBeTerminated) {
    EXPECT_EQ(status_of([] {
                  const SignalStop stop;
                  SpawnOptions options;
                  options.argv = {"sleep", "60"};
                  auto child = Child::spawn(options);
                  if (!child || !child->signal(SIGTERM)) return 1;
                  const auto status = child->wait();
                  return status && status->signal == SIGTERM ? 42 : 2;
              }),
              42);
}

}  // namespace
}  // namespace slipway::os
