#include "stack/flow.h"

#include "base/text.h"
#include "stack/internal/names.h"

#include <algorithm>
#include <map>
#include <set>

namespace slipway::stack {

namespace {

/// A URL, or a source package whose URL is not known yet.
bool is_remote(std::string_view paths) {
    return paths.starts_with("apt:") || paths.find("://") != std::string_view::npos;
}

class Finder {
  public:
    Finder(const dockerfile::Dockerfile& file, const Variant& variant,
           const std::vector<std::string>& contexts)
        : file_(file), variant_(variant), contexts_(contexts) {}

    Result<std::vector<StageFlow>> run() {
        SLIPWAY_TRY(visit(variant_.stage));
        std::vector<StageFlow> all;
        for (const dockerfile::Stage& stage : file_.stages) {
            const auto found = found_.find(stage.name);
            if (found != found_.end()) all.push_back(std::move(found->second));
        }
        return all;
    }

  private:
    [[nodiscard]] const dockerfile::Stage* find_stage(std::string_view name) const {
        const auto found = std::ranges::find(file_.stages, name, &dockerfile::Stage::name);
        return found == file_.stages.end() ? nullptr : &*found;
    }

    Result<void> visit(const std::string& first) {
        std::vector<std::string> waiting = {first};
        if (find_stage(first) == nullptr) {
            Error error = make_error(ErrorCode::kInvalidInput, "{}: there is no stage '{}'",
                                     variant_.name(), first);
            if (const auto nearest = find_nearest(first, names_of(file_.stages)))
                return std::move(error).hint("did you mean '" + *nearest + "'?");
            return error;
        }
        while (!waiting.empty()) {
            const std::string name = std::move(waiting.back());
            waiting.pop_back();
            if (found_.contains(name)) continue;
            SLIPWAY_ASSIGN(found_[name], flow_of(*find_stage(name)));
            for (const Taken& taken : found_[name].takes)
                if (taken.kind == Taken::Kind::kStage) waiting.push_back(taken.from);
        }
        return {};
    }

    Taken take(const std::string& from, std::string what) const {
        const auto kind = std::ranges::find(contexts_, from) != contexts_.end()
                              ? Taken::Kind::kContext
                          : find_stage(to_lower(from)) != nullptr ? Taken::Kind::kStage
                                                                  : Taken::Kind::kImage;
        // A variable of the stage's own stays as it is written.
        if (auto expanded = expand_args(what, variant_)) what = *std::move(expanded);
        return {kind, kind == Taken::Kind::kStage ? to_lower(from) : from, std::move(what)};
    }

    Result<StageFlow> flow_of(const dockerfile::Stage& stage) const {
        StageFlow flow{.stage = stage.name, .takes = {}};
        flow.only_named = std::ranges::all_of(stage.instructions, [](const auto& instruction) {
            return std::holds_alternative<dockerfile::Arg>(instruction.body);
        });
        const auto& from = std::get<dockerfile::From>(stage.from.body);
        auto image = expand_args(from.image, variant_);
        if (!image) return std::move(image).error().at(file_.range(stage.from.lines));
        if (*image != "scratch") flow.takes.push_back(take(*image, "everything"));
        for (const dockerfile::Instruction& instruction : stage.instructions) {
            if (const auto* copy = std::get_if<dockerfile::Copy>(&instruction.body))
                add(*copy, flow);
            else if (const auto* run = std::get_if<dockerfile::Run>(&instruction.body))
                add(*run, flow);
        }
        return flow;
    }

    void add(const dockerfile::Copy& copy, StageFlow& flow) const {
        const std::string paths = join(copy.sources, " ");
        if (!copy.from.empty()) {
            flow.takes.push_back(take(copy.from, paths));
        } else if (copy.is_add && is_remote(paths)) {
            const auto url = expand_args(paths, variant_);
            flow.takes.push_back({Taken::Kind::kUrl, url ? *url : paths, ""});
        } else if (!copy.sources.empty()) {
            flow.takes.push_back({Taken::Kind::kContext, "the main context", paths});
        }
    }

    void add(const dockerfile::Run& run, StageFlow& flow) const {
        for (const std::string& mount : run.mounts) {
            std::string from;
            std::string source = "/";
            for (const auto field : split(mount, ',')) {
                const auto pair = split_once(field, '=');
                if (!pair) continue;
                if (pair->first == "from") from = pair->second;
                if (pair->first == "source" || pair->first == "src") source = pair->second;
            }
            if (!from.empty()) flow.takes.push_back(take(from, "mounted: " + source));
        }
    }

    const dockerfile::Dockerfile& file_;
    const Variant& variant_;
    const std::vector<std::string>& contexts_;
    std::map<std::string, StageFlow> found_;
};

std::string dot_quoted(const std::string& text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace

Result<std::vector<StageFlow>> flows(const dockerfile::Dockerfile& file, const Variant& variant,
                                     const std::vector<std::string>& contexts) {
    return Finder(file, variant, contexts).run();
}

std::string to_dot(const std::vector<std::vector<StageFlow>>& flows, std::string_view hidden) {
    std::set<std::string> lines;
    for (const auto& each : flows) {
        // The last stage is the image, whatever it does.
        const auto drawn = [&](const StageFlow& flow) {
            return !flow.only_named || &flow == &each.back();
        };
        const auto source_of = [&](std::string name) {
            while (true) {
                const auto found = std::ranges::find(each, name, &StageFlow::stage);
                if (found == each.end() || drawn(*found)) return name;
                if (found->takes.empty()) return std::string();
                name = found->takes.front().from;
            }
        };
        for (const StageFlow& flow : each) {
            if (!drawn(flow)) continue;
            lines.insert(fmt::format("  {} [shape=box];\n", dot_quoted(flow.stage)));
            for (const Taken& taken : flow.takes) {
                const std::string from = source_of(taken.from);
                if (from.empty() || from == hidden) continue;
                const bool whole = taken.what == "everything";
                lines.insert(fmt::format("  {} -> {} [{}label={}];\n", dot_quoted(from),
                                         dot_quoted(flow.stage), whole ? "style=bold, " : "",
                                         dot_quoted(whole ? "" : taken.what)));
            }
        }
    }
    std::string text = "digraph stack {\n  rankdir=LR;\n  node [fontname=sans];\n";
    for (const std::string& line : lines) text += line;
    return text + "}\n";
}

}  // namespace slipway::stack
