// Brings what an image needs into the blob store: once, verified, in parallel.
#pragma once

#include "async/single_flight.h"
#include "async/thread_pool.h"
#include "content/blob_store.h"
#include "progress/event.h"
#include "source/internal/origin.h"

#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::source {

/// To whom transfers are reported.
struct Listener {
    progress::Sink& sink;
    Digest step;
};

/// Any thread.
class Fetcher {
  public:
    Fetcher(const content::BlobStore& blobs, async::ThreadPool& network)
        : blobs_(blobs), network_(network) {}

    /// From the blob store, else from the origin into it.
    Result<Document> manifest(const Digest& digest, Origin& origin, std::stop_token stop);
    /// Puts a blob into the store unless it is there; equal requests in flight are joined.
    /// kCorrupt.
    Result<void> blob(const image::Descriptor& blob, Origin& origin, std::stop_token stop,
                      const Progress& progress = nullptr);

    /// Several blobs, fetched on the pool, to be waited for in any order.
    class Batch {
      public:
        Batch(const Batch&) = delete;
        Batch& operator=(const Batch&) = delete;
        /// Stops what still runs, and waits for it.
        ~Batch();
        /// Each index once. Not from a task of the network pool.
        Result<void> wait(std::size_t index) { return results_[index].get(); }

      private:
        friend class Fetcher;
        explicit Batch(std::stop_token stop)
            : on_stop_(stop, [this] { own_stop_.request_stop(); }) {}
        std::stop_source own_stop_;
        std::stop_callback<std::function<void()>> on_stop_;
        std::vector<std::future<Result<void>>> results_;
    };
    /// `origin` and the listener outlive the batch.
    std::unique_ptr<Batch> start(std::vector<image::Descriptor> blobs, Origin& origin,
                                 const Listener& listener, std::stop_token stop);

  private:
    const content::BlobStore& blobs_;
    async::ThreadPool& network_;
    async::SingleFlight<Digest, bool> flights_;
};

/// Turns "bytes so far" into at most ten events a second, and one at the end.
Progress throttled_progress(const Listener& listener, std::string what, std::uint64_t total);

}  // namespace slipway::source
