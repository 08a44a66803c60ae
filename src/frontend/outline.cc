// What a build can be given: the ARGs, secrets and ssh agents of the target and of all stages that
// it needs (llb-facts 2.2, frontend.outline).
#include "base/text.h"
#include "frontend/internal/build.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace slipway::frontend {
namespace {

using Names = std::set<std::string>;

/// The variables among the global ARGs that a word uses.
Names used_in(const Build& build, const std::string& word) {
    auto expanded = dockerfile::expand_word(word, build.global_args.lookup(), build.file.escape);
    return expanded ? std::move(expanded->used) : Names();
}

struct GlobalArg {
    Outline::Arg arg;
    Names uses;  ///< other ARGs, in its default
};

std::map<std::string, GlobalArg> collect_global_args(const Build& build) {
    std::map<std::string, GlobalArg> all;
    for (const dockerfile::Instruction& instruction : build.file.meta_args) {
        for (const auto& item : std::get<dockerfile::Arg>(instruction.body).items) {
            GlobalArg global;
            const auto given = build.build_args.find(item.name);
            if (given != build.build_args.end()) {
                global.arg.value = given->second;
            } else if (item.value) {
                global.arg.value = build.global_args.find(item.name).value_or("");
                global.uses = used_in(build, *item.value);
                // ARG A=${A}-x: what the A above used
                if (global.uses.erase(item.name) > 0) global.uses.merge(all[item.name].uses);
            }
            global.arg.name = item.name;
            global.arg.description = dockerfile::description_of(instruction, item.name);
            global.arg.lines = instruction.lines;
            all.insert_or_assign(item.name, std::move(global));
        }
    }
    return all;
}

class Collector {
  public:
    explicit Collector(const Build& build) : build_(build), globals_(collect_global_args(build)) {
        const auto& parsed = build.file.stages;
        for (std::size_t i = 0; i < parsed.size(); ++i) parsed_[build.stages.at(i)] = &parsed[i];
    }

    Outline describe(const Stage& target) {
        Outline outline;
        outline.name = target.name;
        if (const auto found = parsed_.find(&target); found != parsed_.end())
            outline.description = dockerfile::description_of(found->second->from, target.name);
        std::vector<const Stage*> waiting = {&target};
        while (!waiting.empty()) {
            const Stage& stage = *waiting.back();
            waiting.pop_back();
            if (!seen_.insert(&stage).second) continue;
            add_stage(stage, outline);
            for (auto need = stage.needs.rbegin(); need != stage.needs.rend(); ++need)
                waiting.push_back(need->first);
            if (stage.base != nullptr) waiting.push_back(stage.base);
        }
        const auto place = [](const auto& each) {
            return std::tuple(each.lines.file, each.lines.first, each.name);
        };
        std::ranges::sort(outline.args, {}, place);
        std::ranges::sort(outline.secrets, {}, place);
        std::ranges::sort(outline.agents, {}, place);
        return outline;
    }

  private:
    void add_stage(const Stage& stage, Outline& outline) {
        add_own_args(stage, outline);
        if (const auto found = parsed_.find(&stage); found != parsed_.end()) {
            const auto& from = std::get<dockerfile::From>(found->second->from.body);
            for (const std::string& word : {from.image, from.platform.value_or("")}) {
                for (const std::string& name : used_in(build_, word)) add_global(name, outline);
            }
        }
        for (const auto& [id, asked] : stage.lint.secrets) {
            if (secrets_.insert(id).second)
                outline.secrets.push_back({id, asked.required, asked.lines});
        }
        for (const auto& [id, asked] : stage.lint.agents) {
            if (agents_.insert(id).second)
                outline.agents.push_back({id, asked.required, asked.lines});
        }
    }

    /// The values of a stage's own ARGs stand at the end of `stage.args`, one for each. Of a name
    /// declared twice the last one counts.
    void add_own_args(const Stage& stage, Outline& outline) {
        std::size_t at = stage.args.size();
        for (auto command = stage.commands.rbegin(); command != stage.commands.rend(); ++command) {
            const dockerfile::Instruction& instruction = *command->instruction;
            const auto* arg = std::get_if<dockerfile::Arg>(&instruction.body);
            if (arg == nullptr) continue;
            for (auto item = arg->items.rbegin(); item != arg->items.rend(); ++item) {
                if (at == 0) return;  // never dispatched
                const auto& [name, value] = stage.args[--at];
                const bool inherited = !item->value && !build_.build_args.contains(name) &&
                                       build_.global_args.find(name);
                if (inherited) {
                    add_global(name, outline);
                } else if (args_.insert(name).second) {
                    outline.args.push_back({name, value.value_or(""),
                                            dockerfile::description_of(instruction, name),
                                            instruction.lines});
                }
            }
        }
    }

    /// With the ARGs that its default uses.
    void add_global(const std::string& name, Outline& outline) {
        std::vector<std::string> waiting = {name};
        while (!waiting.empty()) {
            const auto found = globals_.find(waiting.back());
            waiting.pop_back();
            if (found == globals_.end() || !args_.insert(found->first).second) continue;
            outline.args.push_back(found->second.arg);
            waiting.insert(waiting.end(), found->second.uses.begin(), found->second.uses.end());
        }
    }

    const Build& build_;
    const std::map<std::string, GlobalArg> globals_;
    std::map<const Stage*, const dockerfile::Stage*> parsed_;
    std::set<const Stage*> seen_;
    Names args_;
    Names secrets_;
    Names agents_;
};

}  // namespace

Outline describe(const Build& build, const Stage& target) {
    return Collector(build).describe(target);
}

}  // namespace slipway::frontend
