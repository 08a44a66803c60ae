#include "lowered_graph.h"

namespace slipway::frontend {
namespace {

using ::testing::ElementsAre;

class AddRemote : public LowerTest {
  protected:
    [[nodiscard]] const pb::SourceOp& source(const std::string& scheme) const {
        static const pb::SourceOp kNone;
        for (const llb::Vertex& vertex : graph.vertices()) {
            if (vertex.op.source().identifier().starts_with(scheme + "://"))
                return vertex.op.source();
        }
        ADD_FAILURE() << "there is no source of " << scheme;
        return kNone;
    }
    [[nodiscard]] const pb::FileOp& copies() const {
        static const pb::FileOp kNone;
        for (const llb::Vertex& vertex : graph.vertices()) {
            if (vertex.op.has_file()) return vertex.op.file();
        }
        ADD_FAILURE() << "nothing is copied";
        return kNone;
    }
};

TEST_F(AddRemote, FilesAreNamedAfterTheirUrl) {
    lower_ok("FROM busybox\nADD https://h/a/b.txt?x=/y /in/\n");
    EXPECT_EQ(source("https").attrs().at("http.filename"), "b.txt");
    EXPECT_EQ(copies().actions(0).copy().src(), "/b.txt");
    EXPECT_EQ(copies().actions(0).copy().dest(), "/in/");
    lower_ok("FROM busybox\nADD https://h/ /in/\n");
    EXPECT_EQ(source("https").attrs().at("http.filename"), "__unnamed__");
}

TEST_F(AddRemote, NamesAreText) {
    for (const char* source : {"https://h/%ff", "https://h/%ff.git", "https://h/x.git#%ff"}) {
        EXPECT_THAT(lower_it(fmt::format("FROM busybox\nADD {} /\n", source)),
                    FailsAt(ErrorCode::kInvalidInput, "not UTF-8", 2))
            << source;
    }
}

TEST_F(AddRemote, FilesAreUnpackedOnlyWhenAsked) {
    lower_ok("FROM busybox\nADD https://h/a.tar /\n");
    EXPECT_FALSE(copies().actions(0).copy().attemptunpackdockercompatibility());
    lower_ok("FROM busybox\nADD --unpack=true https://h/a.tar /\n");
    EXPECT_TRUE(copies().actions(0).copy().attemptunpackdockercompatibility());
    lower_ok("FROM busybox\nADD a.tar https://h/a.tar /\n");
    EXPECT_TRUE(copies().actions(0).copy().attemptunpackdockercompatibility());
    EXPECT_FALSE(copies().actions(1).copy().attemptunpackdockercompatibility());
}

TEST_F(AddRemote, RemoteSourcesNeedNoContext) {
    request.has_context = false;
    lower_ok("FROM scratch\nADD https://h/a git@h:x /\n");
    EXPECT_THAT(lower_it("FROM scratch\nADD https://h/a b /\n"),
                FailsAt(ErrorCode::kInvalidInput, "no build context", 2));
}

TEST_F(AddRemote, ChecksumsAreExpandedAndChecked) {
    const std::string sum = "sha256:" + std::string(64, 'a');
    lower_ok("FROM scratch\nARG S=" + sum + "\nADD --checksum=$S https://h/a /\n");
    EXPECT_EQ(source("https").attrs().at("http.checksum"), sum);
    lower_ok("FROM scratch\nADD --checksum=0aF9 https://h/a.git /\n");
    EXPECT_EQ(source("git").attrs().at("git.checksum"), "0aF9");
    EXPECT_THAT(lower_it("FROM scratch\nADD --checksum=sha512:00 https://h/a /\n"),
                FailsAt(ErrorCode::kInvalidInput, "--checksum=sha512:00", 2));
    EXPECT_THAT(lower_it("FROM scratch\nADD --checksum=xyz https://h/a.git /\n"),
                FailsAt(ErrorCode::kInvalidInput, "commit ID", 2));
    EXPECT_THAT(lower_it("FROM scratch\nADD --checksum=" + sum + " https://h/a https://h/b /\n"),
                FailsAt(ErrorCode::kInvalidInput, "single URL", 2));
    EXPECT_THAT(lower_it("FROM scratch\nADD --checksum=" + sum + " a /\n"),
                FailsAt(ErrorCode::kInvalidInput, "single URL", 2));
}

TEST_F(AddRemote, FlagAndQueryMustAgree) {
    EXPECT_THAT(lower_it("FROM scratch\nADD --checksum=aa https://h/a.git?checksum=bb /\n"),
                FailsAt(ErrorCode::kInvalidInput, "contradict", 2));
    EXPECT_THAT(lower_it("FROM scratch\nADD --keep-git-dir https://h/a.git?keep-git-dir=0 /\n"),
                FailsAt(ErrorCode::kInvalidInput, "contradict", 2));
    lower_ok("FROM scratch\nADD --keep-git-dir=true https://h/a.git /\n");
    EXPECT_EQ(source("git").attrs().at("git.keepgitdir"), "true");
}

TEST_F(AddRemote, CopyTakesPathsOnly) {
    EXPECT_THAT(lower_it("FROM busybox\nCOPY https://example.com/a /\n"),
                FailsAt(ErrorCode::kInvalidInput, "is a URL", 2));
    EXPECT_THAT(lower_it("FROM busybox\nCOPY git@example.com:a /\n"),
                FailsAt(ErrorCode::kInvalidInput, "is a git repository", 2));
}

TEST_F(AddRemote, AWrongQueryIsToldWithItsLine) {
    EXPECT_THAT(lower_it("FROM busybox\nADD https://h/x.git?sub=1 /\n"),
                FailsAt(ErrorCode::kInvalidInput, "'sub'", 2));
}

TEST_F(AddRemote, HistoryTellsTheSources) {
    lower_ok("FROM scratch\nADD --chown=1 https://h/a git@h:x#v1 /d\n");
    EXPECT_THAT(history(), ElementsAre("+ ADD --chown=1 https://h/a git@h:x#v1 /d # buildkit"));
}

}  // namespace
}  // namespace slipway::frontend
