#include "engine/context_source.h"

namespace slipway::engine {

Result<snapshot::View> ContextSource::view(std::stop_token stop) {
    const std::lock_guard lock(mutex_);
    if (error_) return *error_;
    if (!context_) {
        auto scanned = source::LocalContext::scan(options_, store_, pool_, std::move(stop));
        if (!scanned) {
            error_ =
                std::move(scanned).error().context("build context '" + options_.host_path + "'");
            return *error_;
        }
        context_ = *std::move(scanned);
    }
    return snapshot::View({context_});
}

Result<Digest> ContextSource::digest(const std::vector<snapshot::Selection>& selections,
                                     std::stop_token stop,
                                     std::vector<std::pair<std::string, Digest>>* files) {
    SLIPWAY_ASSIGN(const auto tree, view(std::move(stop)));
    return snapshot::digest_selections(tree, selections, pool_, files);
}

Result<void> ContextSource::save() const {
    const std::lock_guard lock(mutex_);
    return context_ ? context_->save() : Result<void>();
}

}  // namespace slipway::engine
