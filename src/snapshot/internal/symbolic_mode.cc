#include "snapshot/internal/symbolic_mode.h"

#include "base/text.h"

#include <sys/stat.h>

namespace slipway::snapshot {

namespace {

constexpr std::uint32_t kAll = 0777;

std::uint32_t class_bits(char who) {
    switch (who) {
        case 'u':
            return S_IRWXU;
        case 'g':
            return S_IRWXG;
        case 'o':
            return S_IRWXO;
        case 'a':
            return kAll;
        default:
            return 0;
    }
}

/// `three` (rwx as 0..7) in all classes.
std::uint32_t spread(std::uint32_t three) {
    return three | three << 3 | three << 6;
}

std::uint32_t class_value(std::uint32_t mode, char who) {
    const unsigned shift = who == 'u' ? 6 : who == 'g' ? 3 : 0;
    return mode >> shift & 7U;
}

}  // namespace

Result<SymbolicMode> SymbolicMode::parse(std::string_view text) {
    SymbolicMode parsed;
    for (const auto clause : split(text, ',')) {
        const auto invalid = [&] {
            return make_error(ErrorCode::kInvalidInput, "'{}' is not a mode (clause '{}')", text,
                              clause);
        };
        std::size_t i = 0;
        std::uint32_t who = 0;
        while (i < clause.size() && class_bits(clause[i]) != 0) who |= class_bits(clause[i++]);
        if (who == 0) who = kAll;
        if (i == clause.size()) return invalid();
        while (i < clause.size()) {
            Step step;
            step.who = who;
            step.op = clause[i++];
            if (step.op != '+' && step.op != '-' && step.op != '=') return invalid();
            for (; i < clause.size() && clause[i] != '+' && clause[i] != '-' && clause[i] != '=';
                 ++i) {
                switch (clause[i]) {
                    case 'r':
                        step.bits |= spread(4);
                        break;
                    case 'w':
                        step.bits |= spread(2);
                        break;
                    case 'x':
                        step.bits |= spread(1);
                        break;
                    case 'X':
                        step.execute_if_any = true;
                        break;
                    case 's':
                        step.bits |= S_ISUID | S_ISGID;
                        break;
                    case 't':
                        step.bits |= S_ISVTX;
                        break;
                    case 'u':
                    case 'g':
                    case 'o':
                        step.copy_from = clause[i];
                        break;
                    default:
                        return invalid();
                }
            }
            parsed.steps_.push_back(step);
        }
    }
    return parsed;
}

std::uint32_t SymbolicMode::apply(std::uint32_t mode) const {
    const bool is_dir = S_ISDIR(mode);
    std::uint32_t bits = mode & 07777;
    for (const auto& step : steps_) {
        std::uint32_t reach = step.who;  // which bits the clause may touch
        if ((step.who & S_IRWXU) != 0) reach |= S_ISUID;
        if ((step.who & S_IRWXG) != 0) reach |= S_ISGID;
        std::uint32_t wanted = step.bits;
        if (step.execute_if_any && (is_dir || (bits & 0111) != 0)) wanted |= spread(1);
        if (step.copy_from != '\0') wanted |= spread(class_value(bits, step.copy_from));
        const std::uint32_t cleared = reach;
        if (step.who == kAll)
            reach |= S_ISVTX;  // the sticky bit belongs to no class, and only its letter touches it
        wanted &= reach;
        if (step.op == '+') bits |= wanted;
        if (step.op == '-') bits &= ~wanted;
        if (step.op == '=') bits = (bits & ~cleared) | wanted;
    }
    return bits;
}

}  // namespace slipway::snapshot
