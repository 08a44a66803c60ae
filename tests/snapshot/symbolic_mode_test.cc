#include "snapshot/internal/symbolic_mode.h"

#include "support/result_matchers.h"

#include <sys/stat.h>

namespace slipway::snapshot {
namespace {

using ::slipway::testing::FailsWith;
using ::testing::HasSubstr;

std::string applied(std::string_view text, std::uint32_t mode) {
    const auto parsed = SymbolicMode::parse(text);
    return parsed ? fmt::format("{:04o}", parsed->apply(mode)) : parsed.error().to_string();
}

/// The expected values are what GNU chmod makes of files (umask 0).
TEST(SymbolicMode, DoesWhatChmodDoes) {
    EXPECT_EQ(applied("u=rwX,go=rX", S_IFREG | 0600), "0644");
    EXPECT_EQ(applied("u=rwX,go=rX", S_IFREG | 0711), "0755");
    EXPECT_EQ(applied("u=rwX,go=rX", S_IFDIR | 0700), "0755");
    EXPECT_EQ(applied("a+x", S_IFREG | 0644), "0755");
    EXPECT_EQ(applied("+x", S_IFREG | 0644), "0755");
    EXPECT_EQ(applied("g-w,o=", S_IFREG | 0666), "0640");
    EXPECT_EQ(applied("o=g", S_IFREG | 0640), "0644");
    EXPECT_EQ(applied("g=u-w", S_IFREG | 0600), "0640");
    EXPECT_EQ(applied("u+s,g+s", S_IFREG | 0755), "6755");
    EXPECT_EQ(applied("u-s", S_IFREG | 06755), "2755");
    EXPECT_EQ(applied("u=rwx", S_IFREG | 04755), "0755");
    EXPECT_EQ(applied("+t", S_IFDIR | 0777), "1777");
    EXPECT_EQ(applied("a-x+X", S_IFREG | 0755), "0644");
    EXPECT_EQ(applied("ug+rw,o-rwx", S_IFREG | 0107), "0760");
}

TEST(SymbolicMode, NamesWhatItDoesNotUnderstand) {
    EXPECT_THAT(SymbolicMode::parse("u=rwz"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'u=rwz'")));
    EXPECT_THAT(SymbolicMode::parse("u"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("clause 'u'")));
    EXPECT_THAT(SymbolicMode::parse("u=r,,g=w"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("clause ''")));
    EXPECT_THAT(SymbolicMode::parse("0644"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("0644")));
}

}  // namespace
}  // namespace slipway::snapshot
