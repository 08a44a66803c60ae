#include "progress/event.h"

namespace slipway::progress {

std::string_view to_string(Reason reason) {
    switch (reason) {
        case Reason::kHitLocal:
            return "hit_local";
        case Reason::kHitContent:
            return "hit_content";
        case Reason::kMissFirst:
            return "miss_first";
        case Reason::kMissOp:
            return "miss_op";
        case Reason::kMissInputs:
            return "miss_inputs";
        case Reason::kMissEvicted:
            return "miss_evicted";
        case Reason::kNoCacheAsked:
            return "no_cache_asked";
        case Reason::kSource:
            return "source";
        case Reason::kOutput:
            return "output";
        case Reason::kFailed:
            return "failed";
        case Reason::kCancelled:
            return "cancelled";
    }
    return "failed";
}

}  // namespace slipway::progress
