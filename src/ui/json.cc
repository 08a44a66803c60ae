// One JSON record per line; docs/formats/json-events.md describes them.
#include "base/json.h"

#include "base/utf8.h"
#include "ui/internal/output.h"
#include "ui/internal/renderers.h"

#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

namespace slipway::ui::internal {

namespace {

using Record = OrderedJson;

std::int64_t milliseconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

Record text_or_null(const std::string& text) {
    return text.empty() ? Record() : Record(text);
}

Record place(const std::optional<SourceRange>& where) {
    if (!where) return {};
    return {
        {"file", where->file}, {"first_line", where->first_line}, {"last_line", where->last_line}};
}

Record describe(const std::optional<Error>& error) {
    if (!error) return {};
    Record record = {{"code", std::string(to_string(error->code()))},
                     {"message", error->to_string()}};
    record["where"] = place(error->where());
    record["hint"] = error->hint() ? Record(*error->hint()) : Record();
    record["exit_status"] = error->exit_status() ? Record(*error->exit_status()) : Record();
    return record;
}

class JsonRenderer final : public Renderer {
  public:
    explicit JsonRenderer(int fd) : out_(fd) {}
    ~JsonRenderer() override { finish(); }

    void emit(const progress::Event& event) override {
        const std::lock_guard lock(mutex_);
        std::visit([&](const auto& each) { take(each); }, event);
    }
    void finish() override {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, unfinished] : incomplete_) log(key.first, key.second, unfinished);
        incomplete_.clear();
    }

  private:
    void take(const progress::BuildStarted& event) {
        write("build.started", {{"name", event.name}, {"steps", event.steps}});
    }
    void take(const progress::StepQueued& event) {
        write("step.queued", {{"step", event.step.to_string()},
                              {"name", event.name},
                              {"where", place(event.where)}});
    }
    void take(const progress::StepStarted& event) {
        write("step.started", {{"step", event.step.to_string()}});
    }
    void take(const progress::StepLog& event) {
        // JSON holds whole characters only; the beginning of one waits for its rest.
        std::string& unfinished = incomplete_[{event.step, event.stream}];
        std::string text = std::exchange(unfinished, {}) + event.text;
        const std::size_t tail = incomplete_utf8_tail(text);
        unfinished = text.substr(text.size() - tail);
        text.resize(text.size() - tail);
        if (!text.empty()) log(event.step, event.stream, text);
    }
    void take(const progress::StepProgress& event) {
        write("step.progress", {{"step", event.step.to_string()},
                                {"what", event.what},
                                {"current", event.current},
                                {"total", event.total == 0 ? Record() : Record(event.total)}});
    }
    void take(const progress::StepDone& event) {
        for (const int stream : {1, 2}) {
            const auto found = incomplete_.find({event.step, stream});
            if (found == incomplete_.end()) continue;
            if (!found->second.empty()) log(event.step, stream, found->second);
            incomplete_.erase(found);
        }
        write("step.done", {{"step", event.step.to_string()},
                            {"reason", std::string(to_string(event.reason))},
                            {"detail", text_or_null(event.detail)},
                            {"ms", milliseconds(event.duration)},
                            {"error", describe(event.error)}});
    }
    void take(const progress::Warning& event) {
        write("warning", {{"text", event.text},
                          {"where", place(event.where)},
                          {"rule", text_or_null(event.rule)},
                          {"level", text_or_null(event.level)},
                          {"url", text_or_null(event.url)}});
    }
    void take(const progress::BuildDone& event) {
        write("build.done", {{"ok", event.ok}, {"ms", milliseconds(event.duration)}});
    }

    void log(const Digest& step, int stream, const std::string& text) {
        write("step.log", {{"step", step.to_string()}, {"stream", stream}, {"text", text}});
    }

    void write(const char* type, const Record& fields) {
        Record record = {{"v", 1}, {"type", type}};
        record.update(fields);
        out_.show(dump_json(record) + "\n");
    }

    std::mutex mutex_;
    Output out_;
    std::map<std::pair<Digest, int>, std::string> incomplete_;
};

}  // namespace

std::unique_ptr<Renderer> make_json(int fd) {
    return std::make_unique<JsonRenderer>(fd);
}

}  // namespace slipway::ui::internal
