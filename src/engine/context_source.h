// A directory of the user inside a build: scanned once, when the first step asks for it.
#pragma once

#include "async/thread_pool.h"
#include "content/store.h"
#include "snapshot/tree.h"
#include "source/local_context.h"

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::engine {

/// Any thread.
class ContextSource {
  public:
    /// `name`: as the graph calls it, "context" for the main one.
    ContextSource(std::string name, source::ContextOptions options, const content::Store& store,
                  async::ThreadPool& pool)
        : name_(std::move(name)), options_(std::move(options)), store_(store), pool_(pool) {}

    /// "context", or "context 'NAME'" for a named one: as explanations begin.
    [[nodiscard]] std::string label() const {
        return name_ == "context" ? name_ : "context '" + name_ + "'";
    }
    /// The tree as a view; the first caller scans, the others wait. The same answer every time.
    Result<snapshot::View> view(std::stop_token stop);
    /// What selections of it contain, and (when there are few enough) which files.
    Result<Digest> digest(const std::vector<snapshot::Selection>& selections, std::stop_token stop,
                          std::vector<std::pair<std::string, Digest>>* files = nullptr);
    /// Keeps what was learnt about the files for the next build.
    Result<void> save() const;

  private:
    std::string name_;
    source::ContextOptions options_;
    const content::Store& store_;
    async::ThreadPool& pool_;
    mutable std::mutex mutex_;
    std::shared_ptr<source::LocalContext> context_;
    std::optional<Error> error_;
};

}  // namespace slipway::engine
