#include "exec/internal/masker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace slipway::exec {
namespace {

using Secrets = std::vector<std::string>;

std::string mask_in_pieces(const Secrets& secrets, std::string_view text, std::size_t piece) {
    Masker masker(secrets);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece)
        out += masker.feed(text.substr(at, piece));
    return out + masker.finish();
}

TEST(Masker, HidesEveryOccurrence) {
    EXPECT_EQ(mask_in_pieces({"s3cret"}, "a s3cret and s3cret.", 100), "a **** and ****.");
}

TEST(Masker, HidesValuesSpreadOverPieces) {
    const std::string text = "token=s3cret-value\nnext s3cret-valu no, s3s3cret-value yes";
    const std::string expected = "token=****\nnext s3cret-valu no, s3**** yes";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        EXPECT_EQ(mask_in_pieces({"s3cret-value"}, text, piece), expected) << "pieces of " << piece;
    }
}

TEST(Masker, HidesTheLongerOfTwoThatBeginAlike) {
    for (std::size_t piece = 1; piece < 12; ++piece) {
        EXPECT_EQ(mask_in_pieces({"abcd", "abcdefgh"}, "xabcdefghx abcdx", piece), "x****x ****x");
    }
}

TEST(Masker, HidesAllOfOverlappingValues) {
    for (std::size_t piece = 1; piece < 12; ++piece) {
        EXPECT_EQ(mask_in_pieces({"aabbcc", "ccddee"}, "<aabbccddee>", piece), "<****>");
        EXPECT_EQ(mask_in_pieces({"zzzz"}, "<zzzzzzzzzz>", piece), "<****>");
        EXPECT_EQ(mask_in_pieces({"pass"}, "<passpass>", piece), "<****>");
    }
}

TEST(Masker, KeepsBackOnlyWhatMayBeABeginning) {
    Masker masker({"s3cret"});
    EXPECT_EQ(masker.feed("password: "), "password: ");
    EXPECT_EQ(masker.feed("s3c"), "");
    EXPECT_EQ(masker.feed("x"), "s3cx");
    EXPECT_EQ(masker.feed("s3"), "");
    EXPECT_EQ(masker.finish(), "s3");
}

TEST(Masker, IgnoresTheLineEndOfAValue) {
    EXPECT_EQ(mask_in_pieces({"s3cret\n"}, "[s3cret]", 3), "[****]");
}

TEST(Masker, HidesLongLinesOfAValueByThemselves) {
    const Secrets key = {"-----BEGIN KEY-----\nMIIEvQIBADANBg\n}\n-----END KEY-----\n"};
    EXPECT_EQ(mask_in_pieces(key, "1: MIIEvQIBADANBg\n2: }\n", 5), "1: ****\n2: }\n");
    EXPECT_EQ(mask_in_pieces(key, key[0], 7), "****\n");
}

TEST(Masker, LeavesShortValuesAlone) {
    EXPECT_EQ(mask_in_pieces({"", "1", "abc"}, "abc 1", 2), "abc 1");
}

TEST(Masker, StaysLinearWithRepetitiveText) {
    Masker masker({std::string(20000, 'a')});
    std::size_t shown = 0;
    for (int i = 0; i < 200; ++i) shown += masker.feed(std::string(10000, 'a')).size();
    shown += masker.finish().size();
    EXPECT_EQ(shown, 4U);
}

/// What the masker must do, written plainly: mark every byte of every occurrence.
std::string mask_plainly(const Secrets& secrets, const std::string& text) {
    std::vector<bool> hidden(text.size(), false);
    for (const std::string& secret : secrets) {
        for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 1)) {
            for (std::size_t i = 0; i < secret.size(); ++i) hidden[at + i] = true;
        }
    }
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!hidden[i]) out += text[i];
        if (hidden[i] && (i == 0 || !hidden[i - 1])) out += "****";
    }
    return out;
}

TEST(Masker, AgreesWithThePlainWayOnRandomText) {
    std::mt19937 random(7);
    const auto random_text = [&](std::size_t size) {
        std::string text(size, ' ');
        for (char& c : text) c = static_cast<char>('a' + random() % 2);
        return text;
    };
    for (int round = 0; round < 3000; ++round) {
        Secrets secrets;
        for (std::size_t i = 0; i <= random() % 3; ++i)
            secrets.push_back(random_text(4 + random() % 4));
        const std::string text = random_text(random() % 60);
        ASSERT_EQ(mask_in_pieces(secrets, text, 1 + random() % 9), mask_plainly(secrets, text));
    }
}

}  // namespace
}  // namespace slipway::exec
