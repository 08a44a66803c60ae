#include "solver/internal/scheduler.h"

#include "base/check.h"
#include "solver/internal/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace slipway::solver {

namespace {

using progress::Reason;

constexpr unsigned kKeyThreads = 4;
constexpr unsigned kSourceThreads = 4;

unsigned step_limit(const SolveOptions& options) {
    if (options.max_parallel > 0) return options.max_parallel;
    return std::max(2U, std::thread::hardware_concurrency());
}

std::int64_t now_unix_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

Record make_record(const PlannedStep& planned, Key key, bool by_content,
                   const std::vector<Output>& outputs, std::chrono::nanoseconds duration) {
    return {.key = key.digest,
            .by_content = by_content,
            .slot = planned.slot,
            .name = planned.name,
            .outputs = outputs,
            .ingredients = std::move(key.ingredients),
            .created_at = now_unix_seconds(),
            .duration_ns = duration.count()};
}

Error stopped() {
    return {ErrorCode::kCancelled, "the build was stopped"};
}

}  // namespace

Scheduler::Scheduler(Plan& plan, Graph graph, CacheStore& cache, progress::Sink& sink,
                     const SolveOptions& options)
    : plan_(plan),
      graph_(std::move(graph)),
      sink_(sink),
      options_(options),
      cache_(cache, sink),
      nodes_(plan.steps.size()),
      hold_steps_(options.failed_sources != nullptr && options.mode == Mode::kBuild),
      messages_(plan.steps.size() + 1),
      key_pool_(kKeyThreads),
      sources_{.limit = kSourceThreads, .running = 0, .ready = {}, .pool = {}},
      steps_{.limit = step_limit(options), .running = 0, .ready = {}, .pool = {}} {}

Result<Solved> Scheduler::solve() {
    const std::stop_callback on_stop(options_.stop, [this] {
        stop_.request_stop();
        messages_.push(Message{0, StopAsked{}});  // wakes work_until_idle, which looks at the token
    });
    announce();
    start_ready_keys();
    work_until_idle();
    if (!stopping()) {
        join_equal_steps();
        if (failed_sources_.empty()) {
            for (const auto& target : plan_.targets) want(target.step);
        } else {
            want_sources();
        }
        settle();
        work_until_idle();
    }
    if (!stopping() && hold_steps_) {
        end_sources();
        work_until_idle();
    }
    if (stopping()) {
        end_stopped_steps();
        return std::move(*error_);
    }
    return collect();
}

void Scheduler::announce() {
    for (const std::size_t i : graph_.reachable()) {
        const auto& planned = plan_.steps[i];
        auto& node = nodes_[i];
        node.leader = i;
        node.root = i;
        node.report.id = planned.id;
        node.report.name = planned.name;
        sink_.emit(progress::StepQueued{planned.id, planned.name, planned.where});
    }
}

void Scheduler::start_ready_keys() {
    for (const std::size_t i : graph_.reachable()) {
        nodes_[i].missing = plan_.steps[i].inputs.size();
        if (nodes_[i].missing == 0) start_key(i);
    }
}

/// Of steps with equal keys the first does the work. What is told to ignore the cache runs in any
/// case, so whoever is equal to it has its result, and whoever is above it cannot be taken from a
/// record that knows only definitions.
void Scheduler::join_equal_steps() {
    std::unordered_map<Digest, std::size_t> leaders;
    leaders.reserve(graph_.reachable().size());
    for (const std::size_t i : graph_.reachable()) {
        auto& node = nodes_[i];
        node.leader = leaders.try_emplace(node.key, i).first->second;
        node.open_uses = graph_.uses(i);
        node.outputs_wanted = graph_.outputs_wanted(i);
        if (node.leader != i) {
            auto& leader = nodes_[node.leader];
            ++leader.open_uses;
            leader.outputs_wanted = std::max(leader.outputs_wanted, node.outputs_wanted);
        }
        const auto& planned = plan_.steps[i];
        if (planned.ignore_cache && planned.kind != StepKind::kVolatile) {
            nodes_[node.leader].lookups = Lookups::kNone;
        }
    }
    for (const std::size_t i : graph_.reachable()) {
        if (nodes_[i].leader != i || nodes_[i].lookups == Lookups::kNone) continue;
        const auto& inputs = plan_.steps[i].inputs;
        const bool above_ignored = std::any_of(inputs.begin(), inputs.end(), [&](const auto& in) {
            return nodes_[nodes_[in.step].leader].lookups != Lookups::kBoth;
        });
        if (above_ignored) nodes_[i].lookups = Lookups::kContentOnly;
    }
}

void Scheduler::work_until_idle() {
    while (true) {
        if (options_.stop.stop_requested()) stop_build();
        if (stopping()) key_tasks_.clear();
        if (outstanding_ == 0 && key_tasks_.empty()) return;
        auto message = next_message();
        std::visit([&](auto& what) { handle(message.step, std::move(what)); }, message.what);
        settle();
    }
}

Scheduler::Message Scheduler::next_message() {
    if (outstanding_ == 0 && key_tasks_.size() == 1) {
        // Nothing to overlap with: the way to another thread and back would cost more than most
        // keys.
        const auto task = std::move(key_tasks_.back());
        key_tasks_.clear();
        ++outstanding_;
        return task();
    }
    for (auto& task : key_tasks_) post(key_pool_, std::move(task));
    key_tasks_.clear();
    auto message = messages_.pop();
    SLIPWAY_CHECK(message, "the queue is never closed");
    return std::move(*message);
}

void Scheduler::post(async::ThreadPool& pool, std::function<Message()> task) {
    ++outstanding_;
    pool.post([this, task = std::move(task)] { messages_.push(task()); });
}

template <typename Task>
std::function<Scheduler::Message()> Scheduler::task_for(std::size_t step, Task task) {
    return [&work = *plan_.steps[step].step, step, task = std::move(task)]() mutable {
        return Message{step, task(work)};
    };
}

void Scheduler::start_key(std::size_t step) {
    std::vector<Digest> inputs;
    inputs.reserve(plan_.steps[step].inputs.size());
    for (const auto& in : plan_.steps[step].inputs) {
        inputs.push_back(edge_key(nodes_[in.step].key, in.output));
    }
    key_tasks_.push_back(
        task_for(step, [inputs = std::move(inputs), stop = stop_.get_token()](Step& work) {
            if (stop.stop_requested()) return KeyDone{stopped()};
            return KeyDone{work.definition_key(inputs, stop)};
        }));
}

void Scheduler::handle(std::size_t step, KeyDone done) {
    --outstanding_;
    if (!done.key) return stop_step(step, std::move(done.key).error());
    if (stopping()) return stop_step(step, std::nullopt);
    auto& node = nodes_[step];
    node.definition = std::move(*done.key);
    node.key = node.definition.digest;
    node.state = State::kKeyed;
    const auto& inputs = plan_.steps[step].inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (plan_.steps[inputs[i].step].kind == StepKind::kVolatile) continue;
        const auto key = edge_key(nodes_[inputs[i].step].key, inputs[i].output);
        node.definition.ingredients.push_back({input_label(i), key.short_hex()});
    }
    for (const std::size_t user : graph_.users(step)) {
        if (--nodes_[user].missing == 0) start_key(user);
    }
}

void Scheduler::want(std::size_t step) {
    if (nodes_[step].state != State::kKeyed) return;
    nodes_[step].state = State::kWanted;
    wanted_.push_back(step);
}

/// One user less may ask for `step`; when none is left, nobody looks at it.
void Scheduler::release(std::size_t step) {
    auto& node = nodes_[step];
    if (--node.open_uses > 0 || node.state != State::kKeyed) return;
    node.state = State::kSkipped;
    skipped_.push_back(step);
}

void Scheduler::release_inputs(std::size_t step) {
    for (const auto& in : plan_.steps[step].inputs) release(in.step);
}

void Scheduler::look_at(std::size_t step) {
    auto& node = nodes_[step];
    if (node.leader != step) {
        auto& leader = nodes_[node.leader];
        node.state = State::kWaitingForTwin;
        leader.waiters.push_back(step);
        if (leader.state == State::kDone) finished_.push_back(node.leader);
        want(node.leader);
        return release_inputs(step);
    }
    const auto kind = plan_.steps[step].kind;
    if (kind == StepKind::kVolatile || node.lookups == Lookups::kNone) return want_inputs(step);
    start_lookup(step);
}

void Scheduler::start_lookup(std::size_t step) {
    nodes_[step].state = State::kLookingUp;
    const bool find = nodes_[step].lookups == Lookups::kBoth;
    key_tasks_.push_back(task_for(step, [this, step, find, key = nodes_[step].key,
                                         wanted = nodes_[step].outputs_wanted](Step& work) {
        LookupDone done;
        if (find) done.found = cache_.find_usable(key, work, wanted);
        if (!done.found.hit && plan_.steps[step].kind == StepKind::kBuild) {
            done.previous = cache_.latest_in_slot(plan_.steps[step].slot);
        }
        return done;
    }));
}

void Scheduler::handle(std::size_t step, LookupDone done) {
    --outstanding_;
    if (stopping()) return stop_step(step, std::nullopt);
    auto& node = nodes_[step];
    if (done.found.hit) {
        node.outputs = std::move(done.found.hit->outputs);
        release_inputs(step);
        return finish(step, Reason::kHitLocal, "");
    }
    node.previous = std::move(done.previous);
    node.evicted = done.found.evicted;
    want_inputs(step);
}

void Scheduler::want_inputs(std::size_t step) {
    auto& node = nodes_[step];
    node.state = State::kWaitingForInputs;
    node.missing = 0;
    for (const auto& in : plan_.steps[step].inputs) {
        if (nodes_[in.step].state == State::kDone) continue;
        ++node.missing;
        want(in.step);
    }
    if (node.missing == 0) inputs_ready(step);
}

std::vector<Output> Scheduler::input_outputs(std::size_t step) const {
    std::vector<Output> outputs;
    outputs.reserve(plan_.steps[step].inputs.size());
    for (const auto& in : plan_.steps[step].inputs) {
        outputs.push_back((*nodes_[in.step].outputs)[in.output]);
    }
    return outputs;
}

void Scheduler::inputs_ready(std::size_t step) {
    const auto& inputs = plan_.steps[step].inputs;
    const bool known = std::all_of(inputs.begin(), inputs.end(), [&](const auto& in) {
        return nodes_[in.step].outputs.has_value();
    });
    // Without inputs the content key could say no more than the definition key has said.
    if (!known || inputs.empty() || plan_.steps[step].kind == StepKind::kVolatile ||
        (dry_run() && nodes_[step].lookups == Lookups::kNone)) {
        return must_run(step);
    }
    start_content(step);
}

void Scheduler::start_content(std::size_t step) {
    auto& node = nodes_[step];
    node.state = State::kContent;
    const bool find = node.lookups != Lookups::kNone;
    key_tasks_.push_back(task_for(
        step, [this, step, find, wanted = node.outputs_wanted, inputs = input_outputs(step),
               definition = std::exchange(node.definition, {}),
               stop = stop_.get_token()](Step& work) mutable {
            ContentDone done{stopped(), {}, {}};
            if (!stop.stop_requested()) done.key = work.content_key(inputs, stop);
            if (find && done.key && *done.key) {
                done.found = cache_.find_usable((*done.key)->digest, work, wanted);
            }
            if (done.found.hit && !dry_run()) {  // next time the definition key will do
                cache_.add(make_record(plan_.steps[step], std::move(definition), false,
                                       done.found.hit->outputs,
                                       std::chrono::nanoseconds(done.found.hit->duration_ns)));
            } else {
                done.definition = std::move(definition);
            }
            return done;
        }));
}

void Scheduler::handle(std::size_t step, ContentDone done) {
    --outstanding_;
    if (!done.key) return stop_step(step, std::move(done.key).error());
    if (stopping()) return stop_step(step, std::nullopt);
    auto& node = nodes_[step];
    if (done.found.hit) {
        node.outputs = std::move(done.found.hit->outputs);
        return finish(step, Reason::kHitContent, "its inputs came out as before");
    }
    node.definition = std::move(done.definition);
    node.evicted = node.evicted || done.found.evicted;
    node.content = std::move(*done.key);
    if (node.content && !dry_run()) {
        const std::size_t maker = makers_.try_emplace(node.content->digest, step).first->second;
        if (maker != step && !node.asked_again && node.lookups != Lookups::kNone) {
            node.asked_again = true;
            if (nodes_[maker].state == State::kDone) return start_content(step);
            node.state = State::kWaitingForEqual;
            return nodes_[maker].waiters.push_back(step);
        }
    }
    must_run(step);
}

void Scheduler::must_run(std::size_t step) {
    explain(step);
    auto& node = nodes_[step];
    if (dry_run()) {
        node.report.ran = true;
        return finish(step, node.report.reason, std::move(node.report.detail));
    }
    node.state = State::kReady;
    auto& lane = lane_of(step);
    lane.ready.push({graph_.height(step), step});
    dispatch(lane);
}

Scheduler::Lane& Scheduler::lane_of(std::size_t step) {
    return plan_.steps[step].kind == StepKind::kBuild ? steps_ : sources_;
}

void Scheduler::explain(std::size_t step) {
    const auto& planned = plan_.steps[step];
    auto& node = nodes_[step];
    if (planned.kind != StepKind::kBuild) {
        node.report.reason = Reason::kSource;
    } else if (node.lookups == Lookups::kNone) {
        node.report.reason = Reason::kNoCacheAsked;
    } else {
        std::vector<InputFate> fates;
        for (const auto& in : planned.inputs) {
            const std::size_t maker = nodes_[in.step].leader;
            InputFate fate{.name = short_name(plan_.steps[in.step].name), .kind = {}, .cause = {}};
            if (nodes_[maker].report.ran && plan_.steps[maker].kind != StepKind::kVolatile) {
                const bool built = plan_.steps[maker].kind == StepKind::kBuild;
                fate.kind = built ? InputFate::Kind::kRan : InputFate::Kind::kFetched;
                fate.cause = cause_of(maker);
            }
            fates.push_back(std::move(fate));
        }
        auto why =
            explain_miss(node.definition, {.evicted = node.evicted,
                                           .previous = node.previous ? &*node.previous : nullptr,
                                           .inputs = fates,
                                           .mode = options_.mode});
        node.report.reason = why.reason;
        node.report.detail = std::move(why.detail);
        if (why.through) node.root = nodes_[nodes_[planned.inputs[*why.through].step].leader].root;
    }
    node.previous.reset();
}

std::string Scheduler::cause_of(std::size_t step) const {
    const std::size_t root = nodes_[step].root;
    const auto& report = nodes_[root].report;
    std::string text =
        report.detail.empty() ? std::string(reason_text(report.reason)) : report.detail;
    return root == step ? text : fmt::format("'{}': {}", short_name(report.name), text);
}

void Scheduler::dispatch(Lane& lane) {
    if (hold_steps_ && &lane == &steps_) return;
    while (!stopping() && lane.running < lane.limit && !lane.ready.empty()) {
        const std::size_t step = lane.ready.top().step;
        lane.ready.pop();
        start_run(step, lane);
    }
}

void Scheduler::start_run(std::size_t step, Lane& lane) {
    if (!lane.pool) {
        const auto most = std::min<std::size_t>(lane.limit, graph_.reachable().size());
        lane.pool.emplace(static_cast<unsigned>(most));
    }
    ++lane.running;
    auto& node = nodes_[step];
    node.state = State::kRunning;
    sink_.emit(progress::StepStarted{node.report.id});
    post(*lane.pool, task_for(step, [this, &planned = plan_.steps[step],
                                     inputs = input_outputs(step),
                                     definition = std::exchange(node.definition, {}),
                                     content = std::exchange(node.content, {}),
                                     stop = stop_.get_token()](Step& work) mutable {
        const auto start = std::chrono::steady_clock::now();
        auto outputs = work.run(inputs, stop);
        const std::chrono::nanoseconds duration = std::chrono::steady_clock::now() - start;
        if (outputs && planned.kind != StepKind::kVolatile) {
            cache_.add(make_record(planned, std::move(definition), false, *outputs, duration));
            if (content) {
                cache_.add(make_record(planned, std::move(*content), true, *outputs, duration));
            }
        }
        return RunDone{std::move(outputs), duration};
    }));
}

void Scheduler::handle(std::size_t step, RunDone done) {
    --outstanding_;
    auto& node = nodes_[step];
    auto& lane = lane_of(step);
    --lane.running;
    node.report.duration = done.duration;
    if (!done.outputs) {
        stop_step(step, std::move(done.outputs).error());
        return dispatch(lane);
    }
    if (done.outputs->size() < node.outputs_wanted) {
        return stop_step(step,
                         make_error(ErrorCode::kInternal, "the step gave {} outputs, {} are wanted",
                                    done.outputs->size(), node.outputs_wanted));
    }
    node.outputs = std::move(*done.outputs);
    node.report.ran = true;
    finish(step, node.report.reason, std::move(node.report.detail));
    dispatch(lane);
}

void Scheduler::stop_build() {
    if (stopping()) return;
    error_ = stopped();
    stop_.request_stop();
}

void Scheduler::finish(std::size_t step, Reason reason, std::string detail) {
    auto& node = nodes_[step];
    node.state = State::kFinishing;
    node.report.reason = reason;
    node.report.detail = std::move(detail);
    emit_done(step);
    finished_.push_back(step);
}

void Scheduler::tell_users(std::size_t step) {
    auto& node = nodes_[step];
    const bool first_time = node.state == State::kFinishing;
    node.state = State::kDone;
    for (const std::size_t waiter : std::exchange(node.waiters, {})) {
        if (nodes_[waiter].state == State::kWaitingForEqual) {
            start_content(waiter);
            continue;
        }
        nodes_[waiter].outputs = node.outputs;
        finish(waiter, Reason::kHitLocal, fmt::format("the same step as '{}'", node.report.name));
    }
    if (!first_time) return;
    for (const std::size_t user : graph_.users(step)) {
        if (nodes_[user].state != State::kWaitingForInputs) continue;
        if (--nodes_[user].missing == 0) inputs_ready(user);
    }
}

void Scheduler::skip(std::size_t step) {
    auto& node = nodes_[step];
    node.report.reason = Reason::kHitLocal;
    emit_done(step);
    release_inputs(step);
    if (node.leader != step) release(node.leader);
}

/// Carries on what the last message set off, by lists instead of recursion: plans can be deep.
void Scheduler::settle() {
    while (!stopping()) {
        const auto take = [](std::vector<std::size_t>& list) {
            const std::size_t step = list.back();
            list.pop_back();
            return step;
        };
        if (!finished_.empty()) {
            tell_users(take(finished_));
        } else if (!wanted_.empty()) {
            look_at(take(wanted_));
        } else if (!skipped_.empty()) {
            skip(take(skipped_));
        } else {
            return;
        }
    }
}

/// `error`: what went wrong in it; nothing when it is just not gone on with.
void Scheduler::stop_step(std::size_t step, std::optional<Error> error) {
    auto& node = nodes_[step];
    node.state = State::kStopped;
    if (!error) return;
    if (plan_.steps[step].where) std::move(*error).at(*plan_.steps[step].where);
    const bool cancelled = error->code() == ErrorCode::kCancelled;
    node.report.reason = cancelled ? Reason::kCancelled : Reason::kFailed;
    node.report.detail.clear();
    emit_done(step, cancelled ? std::nullopt : error);
    if (options_.stop.stop_requested()) stop_build();
    if (stopping()) return;
    if (hold_steps_ && !cancelled && plan_.steps[step].kind == StepKind::kSource) {
        failed_sources_.emplace(step, *std::move(error));
        return;
    }
    error_ = std::move(*error).context(node.report.name);
    stop_.request_stop();
}

/// Without all keys nobody knows which sources are needed: all that have one are tried.
void Scheduler::want_sources() {
    for (const std::size_t i : graph_.reachable())
        if (plan_.steps[i].kind == StepKind::kSource) want(i);
}

/// Every source that is wanted is there, or failed.
void Scheduler::end_sources() {
    hold_steps_ = false;
    if (failed_sources_.empty()) return dispatch(steps_);
    for (auto& [step, error] : failed_sources_)
        options_.failed_sources->push_back({plan_.steps[step].name, error});
    const auto& failed = options_.failed_sources->front();
    error_ = Error(failed.error).context(failed.name);
}

void Scheduler::emit_done(std::size_t step, std::optional<Error> error) {
    auto& node = nodes_[step];
    node.reported = true;
    sink_.emit(progress::StepDone{node.report.id, node.report.reason, node.report.detail,
                                  node.report.duration, std::move(error)});
}

void Scheduler::end_stopped_steps() {
    for (const std::size_t i : graph_.reachable()) {
        if (nodes_[i].reported) continue;
        nodes_[i].report.reason = Reason::kCancelled;
        nodes_[i].report.detail.clear();
        emit_done(i);
    }
}

Result<Solved> Scheduler::collect() {
    Solved solved;
    if (!dry_run()) {
        for (const auto& target : plan_.targets) {
            solved.targets.push_back((*nodes_[target.step].outputs)[target.output]);
        }
    }
    for (const std::size_t i : graph_.reachable()) {
        if (nodes_[i].state == State::kDone) solved.reports.push_back(std::move(nodes_[i].report));
    }
    return solved;
}

}  // namespace slipway::solver
