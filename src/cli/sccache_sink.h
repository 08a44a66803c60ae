// Statistics of sccache, which steps print as one line each:
//
//   === SCCACHE_JSON === {"section": "ucx", "sccache_stats": {...}}
//
// with what `sccache --show-stats --stats-format=json` says. The lines are taken out of the steps'
// logs; everything else passes at once and as it is.
#pragma once

#include "base/json.h"
#include "progress/event.h"

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace slipway::cli {

struct SccacheSection {
    std::string section;  ///< what the step calls it
    std::string step;
    Json stats;  ///< sccache's own
};

class SccacheSink final : public progress::Sink {
  public:
    /// `next` gets what is left; it must outlive this.
    explicit SccacheSink(progress::Sink& next) : next_(next) {}
    void emit(const progress::Event& event) override;

    /// In the order in which they came.
    [[nodiscard]] std::vector<SccacheSection> sections() const;

  private:
    using Stream = std::pair<Digest, int>;
    /// Of one stream of a step: the line as far as it may be one of ours.
    struct Line {
        std::string held;
        bool passes = false;  ///< it is not
    };

    /// What of `text` is not ours.
    std::string take(const progress::StepLog& log);
    /// A whole line: is it ours?
    bool read_line(const Digest& step, std::string_view line);
    /// The last line of a step may have no end.
    std::vector<progress::StepLog> end(const Digest& step);

    progress::Sink& next_;
    mutable std::mutex mutex_;
    std::map<Digest, std::string> names_;
    std::map<Stream, Line> lines_;
    std::vector<SccacheSection> sections_;
};

/// A line for each language of each section, and the sums; "" without sections.
std::string sccache_table(const std::vector<SccacheSection>& sections);

/// [{"section", "step", "stats"}]
Json sccache_json(const std::vector<SccacheSection>& sections);

}  // namespace slipway::cli
