// The cache as the scheduler uses it: an error costs speed, never the build. The first one is told
// as a warning; from then on nothing more is asked or stored, so that a broken store is not waited
// for at every step.
#pragma once

#include "progress/event.h"
#include "solver/solver.h"

#include <atomic>
#include <optional>

namespace slipway::solver {

class CacheAccess {
  public:
    CacheAccess(CacheStore& store, progress::Sink& sink) : store_(store), sink_(sink) {}

    struct Lookup {
        std::optional<Record> hit;
        bool evicted = false;  ///< there is a record, but what it names is gone
    };
    /// Any thread, as all of these.
    Lookup find_usable(const Digest& key, const Step& step, std::size_t outputs_wanted);
    std::optional<Record> latest_in_slot(const std::string& slot);
    void add(const Record& record);

  private:
    void give_up(const Error& error);

    CacheStore& store_;
    progress::Sink& sink_;
    std::atomic<bool> broken_ = false;
};

}  // namespace slipway::solver
