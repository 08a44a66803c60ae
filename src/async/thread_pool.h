// A fixed number of threads that run tasks in the order given.
#pragma once

#include "base/result.h"

#include <functional>
#include <future>
#include <memory>
#include <type_traits>

namespace slipway::async {

class ThreadPool {
  public:
    explicit ThreadPool(unsigned threads);
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    /// Runs what was submitted, then joins.
    ~ThreadPool();

    [[nodiscard]] unsigned size() const;
    /// From any thread. Submitting after destruction began is a bug (SLIPWAY_CHECK).
    void post(std::function<void()> task);
    /// The result of `task` arrives in the future; tasks return Result and do not throw.
    template <typename Task>
    std::future<std::invoke_result_t<Task>> submit(Task task) {
        auto packaged =
            std::make_shared<std::packaged_task<std::invoke_result_t<Task>()>>(std::move(task));
        auto future = packaged->get_future();
        post([packaged] { (*packaged)(); });
        return future;
    }

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// body(i) for i in [0, count) on the pool and on the calling thread; stops handing out at the
/// first error, which it returns. Safe to call from a task of the same pool.
Result<void> parallel_for(ThreadPool& pool, std::size_t count,
                          const std::function<Result<void>(std::size_t)>& body);

}  // namespace slipway::async
