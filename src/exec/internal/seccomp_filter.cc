#include "exec/internal/seccomp_filter.h"

#include "os/fd.h"
#include "os/file.h"

#include <seccomp.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace slipway::exec {
namespace {

struct ReleaseFilter {
    void operator()(scmp_filter_ctx filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

Error failed(int result, const std::string& what) {
    return make_error(ErrorCode::kInternal, "libseccomp cannot {} (error {})", what, -result);
}

scmp_compare operator_of(SeccompOperator op) {
    switch (op) {
        case SeccompOperator::kLess:
            return SCMP_CMP_LT;
        case SeccompOperator::kEqual:
            return SCMP_CMP_EQ;
        case SeccompOperator::kGreater:
            return SCMP_CMP_GT;
        case SeccompOperator::kMaskedEqual:
            return SCMP_CMP_MASKED_EQ;
    }
    std::abort();  // all values are named above
}

Result<void> add_architectures(const Filter& filter, const SeccompProfile& profile) {
    for (const std::string_view name : profile.architectures) {
        const std::uint32_t token = ::seccomp_arch_resolve_name(std::string(name).c_str());
        if (token == 0) continue;  // older than the architecture
        const int result = ::seccomp_arch_add(filter.get(), token);
        if (result != 0 && result != -EEXIST) return failed(result, fmt::format("add '{}'", name));
    }
    return {};
}

Result<void> add_rule(const Filter& filter, const SeccompRule& rule, std::string_view call) {
    const int number = ::seccomp_syscall_resolve_name(std::string(call).c_str());
    if (number == __NR_SCMP_ERROR) return {};  // newer than the library
    const std::uint32_t action =
        rule.error ? SCMP_ACT_ERRNO(static_cast<std::uint16_t>(*rule.error)) : SCMP_ACT_ALLOW;
    scmp_arg_cmp comparison{};
    if (rule.when) {
        comparison = {.arg = rule.when->argument,
                      .op = operator_of(rule.when->op),
                      .datum_a = rule.when->value,
                      .datum_b = rule.when->masked};
    }
    const int result =
        ::seccomp_rule_add_array(filter.get(), action, number, rule.when ? 1 : 0, &comparison);
    if (result != 0) return failed(result, fmt::format("add a rule for '{}'", call));
    return {};
}

}  // namespace

Result<std::string> compile_seccomp(const SeccompProfile& profile,
                                    const std::string& scratch_file) {
    const Filter filter(
        ::seccomp_init(SCMP_ACT_ERRNO(static_cast<std::uint16_t>(profile.default_error))));
    if (!filter) return failed(0, "make a filter");
    // Not fatal: without it the program is a longer chain of comparisons.
    static_cast<void>(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
    SLIPWAY_TRY(add_architectures(filter, profile));
    for (const SeccompRule& rule : profile.rules) {
        for (const std::string_view call : rule.calls) SLIPWAY_TRY(add_rule(filter, rule, call));
    }
    SLIPWAY_ASSIGN(os::Fd file, os::open_write(scratch_file, 0600));
    const int result = ::seccomp_export_bpf(filter.get(), file.get());
    if (result != 0) return failed(result, "write the filter");
    SLIPWAY_TRY(file.close());
    return os::read_file(scratch_file);
}

}  // namespace slipway::exec
