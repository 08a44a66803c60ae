#include "async/thread_pool.h"

#include "base/check.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace slipway::async {

struct ThreadPool::Impl {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> tasks;
    bool closed = false;
    std::vector<std::thread> threads;

    void run() {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return !tasks.empty() || closed; });
            if (tasks.empty()) return;
            auto task = std::move(tasks.front());
            tasks.pop_front();
            lock.unlock();
            task();
            task = nullptr;  // what it holds goes before the lock is taken
            lock.lock();
        }
    }
};

ThreadPool::ThreadPool(unsigned threads) : impl_(std::make_unique<Impl>()) {
    SLIPWAY_CHECK(threads > 0, "a pool has threads");
    impl_->threads.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) impl_->threads.emplace_back([this] { impl_->run(); });
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->closed = true;
    }
    impl_->changed.notify_all();
    for (auto& thread : impl_->threads) thread.join();
}

unsigned ThreadPool::size() const {
    return static_cast<unsigned>(impl_->threads.size());
}

void ThreadPool::post(std::function<void()> task) {
    {
        const std::lock_guard lock(impl_->mutex);
        SLIPWAY_CHECK(!impl_->closed, "tasks come before the pool ends");
        impl_->tasks.push_back(std::move(task));
    }
    impl_->changed.notify_one();
}

namespace {

/// Shared by the caller and its helpers. A helper that the pool gets to only after the caller is
/// done finds it closed and touches nothing else: that is why the caller need not wait for helpers
/// that never started, and so may itself be a task of a pool whose threads are all busy.
class Loop {
  public:
    Loop(std::size_t count, const std::function<Result<void>(std::size_t)>& body)
        : count_(count), body_(body) {}

    void help() {
        {
            const std::lock_guard lock(mutex_);
            if (closed_) return;
            ++helpers_;
        }
        work();
        const std::lock_guard lock(mutex_);
        if (--helpers_ == 0) idle_.notify_all();
    }

    Result<void> run() {
        work();
        std::unique_lock lock(mutex_);
        closed_ = true;
        idle_.wait(lock, [&] { return helpers_ == 0; });
        if (error_) return std::move(*error_);
        return {};
    }

  private:
    void work() {
        while (!failed_.load(std::memory_order_relaxed)) {
            const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);
            if (i >= count_) return;
            auto result = body_(i);
            if (result) continue;
            const std::lock_guard lock(mutex_);
            if (!error_) error_ = std::move(result).error();
            failed_.store(true, std::memory_order_relaxed);
        }
    }

    const std::size_t count_;
    const std::function<Result<void>(std::size_t)>& body_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t helpers_ = 0;
    bool closed_ = false;
    std::optional<Error> error_;
};

}  // namespace

Result<void> parallel_for(ThreadPool& pool, std::size_t count,
                          const std::function<Result<void>(std::size_t)>& body) {
    if (count == 0) return {};
    const auto loop = std::make_shared<Loop>(count, body);
    const std::size_t helpers = std::min<std::size_t>(pool.size(), count - 1);
    for (std::size_t i = 0; i < helpers; ++i) pool.post([loop] { loop->help(); });
    return loop->run();
}

}  // namespace slipway::async
