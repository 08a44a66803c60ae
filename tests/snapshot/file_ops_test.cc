#include "snapshot/file_ops.h"

#include "archive/tar.h"
#include "snapshot/store_fixture.h"

#include <sys/stat.h>

#include <cerrno>

namespace slipway::snapshot {
namespace {

using ::slipway::testing::FailsWith;
using ::slipway::testing::IsOk;
using ::slipway::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::listing;

constexpr os::Timestamp kThen{1600000000, 5};

/// A directory of the host as a context: nothing may be linked from it, digests come late.
class HostTree final : public Tree {
  public:
    explicit HostTree(const std::string& host_path) : root_(os::Dir::open(host_path).value()) {
        std::vector<Entry> entries;
        add(RelPath(), entries);
        manifest_ = Manifest::from_entries(std::move(entries));
    }
    [[nodiscard]] const Manifest& manifest() const override { return manifest_; }
    [[nodiscard]] const os::Dir& root() const override { return root_; }
    [[nodiscard]] bool linkable() const override { return false; }
    [[nodiscard]] Result<Digest> content_of(const Entry& entry) const override {
        const auto told = digests.find(entry.path);
        if (told != digests.end()) return told->second;
        return Digest::of(os::read_file(root_.host_path() + "/" + entry.path).value_or("?"));
    }
    std::map<std::string, Digest> digests;

  private:
    void add(const RelPath& path, std::vector<Entry>& entries) {
        const os::FileInfo info = root_.stat(path).value();
        Entry entry;
        entry.path = path.text();
        entry.mode = info.mode;
        entry.mtime = info.mtime;
        if (info.is_regular()) entry.size = info.size;
        if (info.is_symlink()) entry.link_target = root_.read_link(path).value();
        entries.push_back(entry);
        if (!info.is_dir()) return;
        const auto names = root_.list(path).value();
        for (const auto& name : names) add(path.child(name.name), entries);
    }
    os::Dir root_;
    Manifest manifest_;
};

class FileOpsTest : public testing::StoreTest {
  protected:
    FileEditor editor(const Snapshot& base) {
        auto draft = layers_->begin();
        EXPECT_THAT(draft, IsOk());
        return FileEditor(*layers_, view(base), std::move(*draft), pool_);
    }
    /// Commits, and checks that the manifest says what the directory is, and the kernel shows what
    /// the view shows.
    LayerId commit(FileEditor& files, const Snapshot& base) {
        const auto id = files.commit();
        EXPECT_THAT(id, IsOk());
        if (!id) return "";
        const std::string diff = store_->path("layers/" + *id + "/diff");
        const View alone = view({*id});
        std::map<std::string, std::string> said;
        for (const auto& entry : manifest(*id).entries())
            said[entry.path] = testing::describe(entry, entry.content);
        EXPECT_EQ(said, listing(diff));
        for (const auto& entry : manifest(*id).entries()) {
            if (!entry.is_whiteout()) {
                const auto info = alone.trees().front()->root().stat(RelPath::in_root(entry.path));
                EXPECT_EQ(info->mtime, entry.mtime) << entry.path;
            }
        }
        Snapshot all = base;
        all.push_back(*id);
        EXPECT_EQ(mounted(all), listing(view(all)));
        return *id;
    }
    std::shared_ptr<HostTree> host_tree(const std::string& script) {
        EXPECT_THAT(os::remove_tree(path("context")), IsOk());
        EXPECT_THAT(os::make_dirs(path("context")), IsOk());
        shell(script, path("context"));
        return std::make_shared<HostTree>(path("context"));
    }
    std::uint64_t inode(const LayerId& id, const std::string& file) {
        const auto dir = os::Dir::open(store_->path("layers/" + id + "/diff"));
        return dir->stat(RelPath::in_root(file)).value_or(os::FileInfo()).inode;
    }
    /// Paths below the root of what a copy onto `base` makes of `source`, with their description.
    testing::Listing copied(const Snapshot& base, const View& source, const CopyOptions& options) {
        FileEditor files = editor(base);
        EXPECT_THAT(files.copy(source, options), IsOk());
        const LayerId id = commit(files, base);
        Snapshot all = base;
        all.push_back(id);
        return listing(view(all));
    }
};

CopyOptions copy_of(std::string source, std::string dest) {
    CopyOptions options;
    options.source.path = std::move(source);
    options.dest = std::move(dest);
    options.create_dest_path = true;
    return options;
}
/// As the Dockerfile frontend asks for COPY.
CopyOptions docker_copy(std::string source, std::string dest) {
    CopyOptions options = copy_of(std::move(source), std::move(dest));
    options.source.allow_wildcard = true;
    options.source.allow_empty_wildcard = true;
    options.dir_copy_contents = true;
    return options;
}

// mkdir, mkfile, symlink, rm

TEST_F(FileOpsTest, MakeDirWithParentsLeavesWhatExists) {
    const LayerId base = layer_by("mkdir -m 0700 a; touch -d @50 a; echo 1 > file; ln -s a link");
    FileEditor files = editor({base});
    ASSERT_THAT(files.make_dir("/a/b/c", 0750, true, {3, 4}, kThen), IsOk());
    ASSERT_THAT(files.make_dir("link/d", 02777, true, {}, kThen), IsOk());
    EXPECT_THAT(files.make_dir("/file/x", 0755, true, {}, kThen),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'/file' is not a directory")));
    FileEditor again = editor({base});
    ASSERT_THAT(again.make_dir("/a/b/c", 0750, true, {3, 4}, kThen), IsOk());
    ASSERT_THAT(again.make_dir("link/d", 02777, true, {}, kThen), IsOk());
    const Manifest& made = manifest(commit(again, {base}));
    EXPECT_EQ(made.find("a")->mode & 07777, 0700U);
    EXPECT_GT(made.find("a")->mtime.seconds, 50) << "something was added";
    EXPECT_EQ(made.find("a/b")->mode & 07777, 0750U);
    EXPECT_EQ(made.find("a/b/c")->uid, 3U);
    EXPECT_EQ(made.find("a/b/c")->mtime, kThen);
    EXPECT_EQ(made.find("a/d")->mode & 07777, 0777U) << "nine bits only";
    EXPECT_EQ(made.find("link"), nullptr);
}

TEST_F(FileOpsTest, MakeDirWithoutParentsNeedsThem) {
    FileEditor files = editor({});
    EXPECT_THAT(files.make_dir("/a/b", 0755, false, {}, kThen),
                FailsWith(ErrorCode::kNotFound, HasSubstr("\"/a\": not found")));
    EXPECT_THAT(files.make_dir("/a", 0700, false, {}, kThen), IsOk());
    EXPECT_THAT(files.make_dir("/a", 0755, false, {}, kThen), IsOk()) << "what exists is fine";
    EXPECT_EQ(manifest(commit(files, {})).find("a")->mode & 07777, 0700U);
}

TEST_F(FileOpsTest, MakeFileRewritesAndFollowsLinks) {
    const LayerId base =
        layer_by("echo old > f; chmod 0600 f; ln -s f l; ln -s /made dangling; mkdir d");
    FileEditor files = editor({base});
    ASSERT_THAT(files.make_file("/l", 0644, "new", {1, 2}, kThen), IsOk());
    ASSERT_THAT(files.make_file("dangling", 04644, "x", {}, kThen), IsOk());
    EXPECT_THAT(files.make_file("d", 0644, "", {}, kThen),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("it is a directory")));
    EXPECT_THAT(files.make_file("no/f", 0644, "", {}, kThen),
                FailsWith(ErrorCode::kNotFound, HasSubstr("\"/no\": not found")));
    EXPECT_THAT(files.make_file("f/g", 0644, "", {}, kThen),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a directory")));
    const Manifest& made = manifest(commit(files, {base}));
    EXPECT_EQ(made.find("f")->mode & 07777, 0600U) << "an existing file keeps its mode";
    EXPECT_EQ(made.find("f")->content, Digest::of("new"));
    EXPECT_EQ(made.find("f")->gid, 2U);
    EXPECT_EQ(made.find("made")->mode & 07777, 0644U);
    EXPECT_EQ(shell("cat f", store_->path("layers/" + base + "/diff")), "old\n");
}

TEST_F(FileOpsTest, SymlinksAreMadeOnceAndVerbatim) {
    FileEditor files = editor({});
    ASSERT_THAT(files.make_symlink("../../anywhere", "/l", {7, 8}, kThen), IsOk());
    ASSERT_THAT(files.make_file("/f", 0644, "", {}, kThen), IsOk());
    EXPECT_THAT(files.make_symlink("x", "/f", {}, kThen),
                FailsWith(ErrorCode::kConflict, HasSubstr("exists")));
    const Manifest& made = manifest(commit(files, {}));
    EXPECT_EQ(made.find("l")->link_target, "../../anywhere");
    EXPECT_EQ(made.find("l")->uid, 7U);
    EXPECT_EQ(made.find("l")->mtime, kThen);
}

TEST_F(FileOpsTest, RemoveLeavesWhiteoutsOnlyWhereSomethingIsBelow) {
    const LayerId base = layer_by(
        "mkdir -p d/sub; echo 1 > d/a; echo 2 > d/b; ln -s d l; echo 3 > one.txt; echo 4 > "
        "two.txt");
    FileEditor files = editor({base});
    ASSERT_THAT(files.make_file("/fresh", 0644, "", {}, kThen), IsOk());
    ASSERT_THAT(files.remove("/fresh", false, false), IsOk());
    ASSERT_THAT(files.remove("/l/a", false, false), IsOk());
    ASSERT_THAT(files.remove("/l", false, false), IsOk());
    ASSERT_THAT(files.remove("/d/sub", false, false), IsOk());
    ASSERT_THAT(files.remove("/*.txt", false, true), IsOk());
    ASSERT_THAT(files.remove("/*.none", false, true), IsOk());
    EXPECT_THAT(files.remove("/gone", false, false),
                FailsWith(ErrorCode::kNotFound, HasSubstr("\"/gone\": not found")));
    EXPECT_THAT(files.remove("/gone", true, false), IsOk());
    EXPECT_THAT(files.remove("/d/..", false, false),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("root")));
    const LayerId id = commit(files, {base});
    std::vector<std::string> hidden;
    for (const auto& entry : manifest(id).entries()) {
        if (entry.is_whiteout()) hidden.push_back(entry.path);
    }
    EXPECT_THAT(hidden, ElementsAre("d/a", "d/sub", "l", "one.txt", "two.txt"));
    EXPECT_EQ(manifest(id).find("fresh"), nullptr);
}

TEST_F(FileOpsTest, WhatIsMadeAnewHidesWhatWasRemoved) {
    const LayerId base = layer_by("mkdir -p d/sub; echo 1 > d/a; echo 2 > f");
    FileEditor files = editor({base});
    ASSERT_THAT(files.remove("/d", false, false), IsOk());
    ASSERT_THAT(files.make_dir("/d", 0755, false, {}, kThen), IsOk());
    ASSERT_THAT(files.make_file("/d/new", 0644, "n", {}, kThen), IsOk());
    ASSERT_THAT(files.remove("/f", false, false), IsOk());
    ASSERT_THAT(files.make_dir("/f", 0755, false, {}, kThen), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const View now, files.view());
    EXPECT_FALSE(now.find("d/a").has_value());
    const LayerId id = commit(files, {base});
    EXPECT_TRUE(manifest(id).find("d")->opaque);
    EXPECT_FALSE(manifest(id).find("f")->opaque) << "there is no directory to hide";
}

TEST_F(FileOpsTest, ViewShowsTheDraftSoFar) {
    const LayerId base = layer_by("mkdir etc; echo base > etc/passwd");
    FileEditor files = editor({base});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(View now, files.view());
    EXPECT_THAT(now.read_small_file("etc/passwd", 100),
                IsOkAndHolds(::testing::Optional(std::string("base\n"))));
    ASSERT_THAT(files.make_file("/etc/passwd", 0644, "draft", {}, kThen), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(now, files.view());
    EXPECT_THAT(now.read_small_file("/etc/passwd", 100),
                IsOkAndHolds(::testing::Optional(std::string("draft"))));
}

// copy: destinations (llb-facts 5.2)

TEST_F(FileOpsTest, DestinationRules) {
    const LayerId source = layer_by(
        "mkdir -p dir/sub; echo 1 > file; echo 2 > dir/a; echo 3 > dir/sub/b; ln -s file link");
    const LayerId base = layer_by(
        "mkdir -p there/dir; echo old > there/file; ln -s there ptr; ln -s new/target dangling");
    const auto files_after = [&](const CopyOptions& options) {
        std::vector<std::string> names;
        const auto before = listing(view({base}));
        for (const auto& [name, text] : copied({base}, view({source}), options)) {
            const auto at = before.find(name);
            if (at == before.end() || at->second != text) names.push_back(name);
        }
        return names;
    };
    EXPECT_THAT(files_after(copy_of("file", "/new")), ElementsAre("new"));
    EXPECT_THAT(files_after(copy_of("file", "/new/")), ElementsAre("new", "new/file"));
    EXPECT_THAT(files_after(copy_of("file", "/a/b/c")), ElementsAre("a", "a/b", "a/b/c"));
    EXPECT_THAT(files_after(copy_of("file", "/there")), ElementsAre("there/file"));
    EXPECT_THAT(files_after(copy_of("file", "/ptr")), ElementsAre("there/file"));
    EXPECT_THAT(files_after(copy_of("file", "/ptr/x")), ElementsAre("there/x"));
    EXPECT_THAT(files_after(copy_of("file", "/dangling")), ElementsAre("new", "new/target"));
    EXPECT_THAT(files_after(copy_of("link", "/there/")), ElementsAre("there/link"))
        << "the name given, the content followed";
    EXPECT_THAT(files_after(copy_of("dir", "/new")),
                ElementsAre("new", "new/a", "new/sub", "new/sub/b"));
    EXPECT_THAT(files_after(copy_of("dir", "/there")),
                ElementsAre("there/dir/a", "there/dir/sub", "there/dir/sub/b"));
    EXPECT_THAT(files_after(docker_copy("dir", "/there")),
                ElementsAre("there/a", "there/sub", "there/sub/b"));
    EXPECT_THAT(files_after(docker_copy("dir", "/new/")),
                ElementsAre("new", "new/a", "new/sub", "new/sub/b"));
    EXPECT_THAT(files_after(docker_copy("/", "/there/dir")),
                ElementsAre("there/dir/dir", "there/dir/dir/a", "there/dir/dir/sub",
                            "there/dir/dir/sub/b", "there/dir/file", "there/dir/link"));
    EXPECT_THAT(files_after(docker_copy("dir/*", "/new/")), ElementsAre("new", "new/a", "new/b"));
    EXPECT_THAT(files_after(docker_copy("nothing*", "/new/")), ElementsAre());
    EXPECT_THAT(files_after(copy_of("dir", "/")),
                ElementsAre("dir", "dir/a", "dir/sub", "dir/sub/b"));
    EXPECT_THAT(files_after(copy_of("../../file", "../../new")), ElementsAre("new"));
}

TEST_F(FileOpsTest, TypeConflictsAreErrorsUnlessReplaced) {
    const LayerId source =
        layer_by("mkdir -p d/x; echo 1 > d/x/f; echo 2 > file; mkdir -p e; echo 3 > e/x");
    const LayerId base = layer_by(
        "mkdir -p t/x f2; echo old > t/x/o; echo 0 > f2/x; ln -s t/x l; mkdir n; ln -s ../t n/x");
    const auto attempt = [&](const CopyOptions& options) {
        FileEditor files = editor({base});
        return files.copy(view({source}), options);
    };
    EXPECT_THAT(attempt(docker_copy("e", "/t")),
                FailsWith(ErrorCode::kInvalidInput,
                          HasSubstr("cannot replace to directory /t/x with file")));
    EXPECT_THAT(
        attempt(docker_copy("d", "/f2")),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("cannot copy to non-directory: /f2/x")));
    EXPECT_THAT(
        attempt(docker_copy("d", "/n")),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("cannot copy to non-directory: /n/x")));
    CopyOptions replacing = docker_copy("e", "/t");
    replacing.replace_existing = true;
    EXPECT_THAT(copied({base}, view({source}), replacing)["t/x"],
                HasSubstr(Digest::of("3\n").short_hex()));
    replacing = docker_copy("d", "/n");
    replacing.replace_existing = true;
    auto after = copied({base}, view({source}), replacing);
    EXPECT_THAT(after["n/x"], HasSubstr("dir"));
    EXPECT_THAT(after["n/x/f"], HasSubstr(Digest::of("1\n").short_hex()));
    EXPECT_THAT(after["t/x/o"], HasSubstr(Digest::of("old\n").short_hex()));
}

TEST_F(FileOpsTest, FilesAndLinksAtTheTargetAreReplacedNotFollowed) {
    const LayerId source = layer_by("mkdir d; echo new > d/f; ln -s elsewhere d/l");
    const LayerId base = layer_by("mkdir t; echo precious > p; ln -s ../p t/f; echo x > t/l");
    auto after = copied({base}, view({source}), docker_copy("d", "/t"));
    EXPECT_THAT(after["p"], HasSubstr(Digest::of("precious\n").short_hex()));
    EXPECT_THAT(after["t/f"], HasSubstr(Digest::of("new\n").short_hex()));
    EXPECT_THAT(after["t/l"], HasSubstr("-> elsewhere"));
}

TEST_F(FileOpsTest, MissingSourcesAndDestinationsAreNamed) {
    const LayerId source = layer_by("echo 1 > f");
    FileEditor files = editor({});
    EXPECT_THAT(files.copy(view({source}), copy_of("nothing", "/x")),
                FailsWith(ErrorCode::kNotFound, HasSubstr("\"/nothing\": not found")));
    EXPECT_THAT(files.copy(view({source}), docker_copy("nothing", "/x")),
                FailsWith(ErrorCode::kNotFound, HasSubstr("\"/nothing\": not found")));
    CopyOptions options = copy_of("f", "/no/such/place");
    options.create_dest_path = false;
    EXPECT_THAT(files.copy(view({source}), options),
                FailsWith(ErrorCode::kNotFound, HasSubstr("/no/such/place")));
    options = copy_of("f", "/x");
    options.source.required_paths = {"/g"};
    EXPECT_THAT(files.copy(view({source}), options),
                FailsWith(ErrorCode::kNotFound, HasSubstr("\"/g\": not found")));
    EXPECT_THAT(files.copy(view({source}), copy_of("f", "/x")), IsOk())
        << "nothing was spoiled by asking";
}

TEST_F(FileOpsTest, RequiredPathsMustBeAmongWhatIsTaken) {
    const LayerId source = layer_by("mkdir -p d/e d/empty; echo 1 > d/e/f; ln -s d link");
    FileEditor files = editor({});
    const auto copy = [&](const std::string& include, const std::string& required,
                          const std::vector<std::string>& exclude = {}) {
        CopyOptions options = docker_copy("/", "/x");
        options.source.include_patterns = {include};
        options.source.exclude_patterns = exclude;
        options.source.required_paths = {required};
        return files.copy(view({source}), options);
    };
    EXPECT_THAT(copy("d/e", "/d/e"), IsOk());
    EXPECT_THAT(copy("d/empty", "/d/empty"), IsOk());
    EXPECT_THAT(copy("d/e/f", "/d/e/f"), IsOk());
    EXPECT_THAT(copy("d/g", "/d/g"), FailsWith(ErrorCode::kNotFound, HasSubstr("/d/g")));
    EXPECT_THAT(copy("link/e", "/link/e"), FailsWith(ErrorCode::kNotFound, HasSubstr("/link/e")))
        << "patterns follow no links";
    EXPECT_THAT(copy("d/e/f", "/d/e/f", {"**/f"}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("/d/e/f")));
}

// copy: metadata

TEST_F(FileOpsTest, ExistingDirectoriesKeepOrTakeMetadata) {
    const LayerId source = layer_by(
        "mkdir -p d/sub; echo 1 > d/sub/f; chmod 0700 d; chmod 0710 d/sub; chown -R 5:6 d; touch "
        "-d @111 d/sub; touch -d @222 d");
    const LayerId base = layer_by("mkdir -p t/sub; chmod 0755 t t/sub; touch -d @333 t t/sub");
    FileEditor files = editor({base});
    ASSERT_THAT(files.copy(view({source}), docker_copy("d", "/t")), IsOk());
    const Manifest& made = manifest(commit(files, {base}));
    EXPECT_EQ(made.find("t")->mode & 07777, 0755U) << "the destination itself keeps its own";
    EXPECT_EQ(made.find("t")->uid, 0U);
    EXPECT_EQ(made.find("t")->mtime.seconds, 222) << "but takes the source's time";
    EXPECT_EQ(made.find("t/sub")->mode & 07777, 0710U) << "those inside take the source's";
    EXPECT_EQ(made.find("t/sub")->uid, 5U);
    EXPECT_EQ(made.find("t/sub")->mtime.seconds, 111);
}

TEST_F(FileOpsTest, DirectoriesTakeTheTimeOfAChangeInThem) {
    const LayerId source =
        layer_by("mkdir -p d/sub; echo 1 > d/sub/f; echo 2 > g; touch -d @111 d/sub d g");
    const LayerId base =
        layer_by("mkdir -p t/sub u/v; echo 1 > u/v/g; touch -d @333 t t/sub u u/v");
    FileEditor files = editor({base});
    ASSERT_THAT(files.copy(view({source}), docker_copy("g", "/u/v/")), IsOk());
    ASSERT_THAT(files.copy(view({source}), docker_copy("d", "/t")), IsOk());
    const Manifest& made = manifest(commit(files, {base}));
    EXPECT_EQ(made.find("u")->mtime.seconds, 333) << "nothing changed in it";
    EXPECT_GT(made.find("u/v")->mtime.seconds, 333);
    EXPECT_EQ(made.find("t")->mtime.seconds, 111) << "the source's";

    FileEditor both = editor({base});
    ASSERT_THAT(both.copy(view({source}), docker_copy("d", "/t")), IsOk());
    ASSERT_THAT(both.copy(view({source}), docker_copy("g", "/t/")), IsOk());
    const Manifest& later = manifest(commit(both, {base}));
    EXPECT_GT(later.find("t")->mtime.seconds, 333) << "the second copy has no time for it";
    EXPECT_EQ(later.find("t/sub")->mtime.seconds, 111);

    FileEditor wild = editor({base});
    ASSERT_THAT(wild.copy(view({source}), docker_copy("*", "/t/")), IsOk());
    EXPECT_GT(manifest(commit(wild, {base})).find("t")->mtime.seconds, 333) << "d, then g";
}

TEST_F(FileOpsTest, WhatIsThereAlreadyIsNoPartOfTheLayer) {
    const std::string make =
        "mkdir -p d/sub; echo 1 > d/sub/same; echo 2 > d/same; ln -s same d/link; "
        "touch -h -d @111 d/link d/same d/sub/same; ";
    const LayerId source = layer_by(make);
    const LayerId base = layer_by(make + "touch -d @333 d d/sub");
    FileEditor again = editor({base});
    ASSERT_THAT(again.copy(view({source}), docker_copy("d", "/d")), IsOk());
    EXPECT_EQ(manifest(commit(again, {base})).entries().size(), 1U) << "the root alone";

    const LayerId other = layer_by(make + "echo 3 > d/sub/same; touch -d @111 d/sub/same");
    FileEditor files = editor({base});
    ASSERT_THAT(files.copy(view({other}), docker_copy("d", "/d")), IsOk());
    std::vector<std::string> paths;
    const LayerId made = commit(files, {base});
    for (const auto& entry : manifest(made).entries()) paths.push_back(entry.path);
    EXPECT_THAT(paths, ElementsAre("", "d", "d/sub", "d/sub/same")) << "size and time are equal";

    FileEditor dated = editor({base});
    CopyOptions owned = docker_copy("d", "/d");
    owned.owner = Owner{1, 2};
    ASSERT_THAT(dated.copy(view({source}), owned), IsOk());
    EXPECT_NE(manifest(commit(dated, {base})).find("d/sub/same"), nullptr);
}

TEST_F(FileOpsTest, OwnerModeAndTimeOverrideTheSource) {
    const LayerId source = layer_by(
        "mkdir d; echo 1 > d/f; ln -s f d/l; chmod 0600 d/f; echo 2 > d/x; chmod 0700 d/x");
    CopyOptions options = docker_copy("d", "/made/here");
    options.owner = Owner{1000, 2000};
    options.mode = 02755;
    options.time = kThen;
    FileEditor files = editor({});
    ASSERT_THAT(files.copy(view({source}), options), IsOk());
    const Manifest& made = manifest(commit(files, {}));
    EXPECT_EQ(made.find("made/here/f")->mode & 07777, 02755U);
    for (const char* path : {"made", "made/here"})
        EXPECT_EQ(made.find(path)->mode & 07777, 0755U) << "made for the copy: nine bits only";
    for (const char* path : {"made", "made/here", "made/here/f"}) {
        EXPECT_EQ(made.find(path)->uid, 1000U) << path;
        EXPECT_EQ(made.find(path)->gid, 2000U) << path;
        EXPECT_EQ(made.find(path)->mtime, kThen) << path;
    }
    EXPECT_EQ(made.find("made/here/l")->uid, 1000U);
    EXPECT_EQ(made.find("made/here/l")->mtime, kThen);

    options.symbolic_mode = "u=rwX,go=rX";
    FileEditor more = editor({});
    ASSERT_THAT(more.copy(view({source}), options), IsOk());
    const Manifest& symbolic = manifest(commit(more, {}));
    EXPECT_EQ(symbolic.find("made/here/f")->mode & 07777, 0644U);
    EXPECT_EQ(symbolic.find("made/here/x")->mode & 07777, 0755U);
    EXPECT_EQ(symbolic.find("made")->mode & 07777, 0755U);
    options.symbolic_mode = "u=q";
    FileEditor wrong = editor({});
    EXPECT_THAT(wrong.copy(view({source}), options),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("u=q")));
}

TEST_F(FileOpsTest, UnchangedFilesAreLinksAndChangedOnesAreNot) {
    const LayerId source = layer_by("mkdir d; echo 1 > d/f; head -c 100000 /dev/zero > d/g");
    FileEditor files = editor({});
    ASSERT_THAT(files.copy(view({source}), copy_of("d", "/linked")), IsOk());
    CopyOptions owned = copy_of("d", "/owned");
    owned.owner = Owner{9, 9};
    ASSERT_THAT(files.copy(view({source}), owned), IsOk());
    ASSERT_THAT(files.copy(view({source}), copy_of("d/f", "/twice")), IsOk());
    const LayerId id = commit(files, {});
    EXPECT_EQ(inode(id, "linked/f"), inode(source, "d/f"));
    EXPECT_EQ(inode(id, "linked/g"), inode(source, "d/g"));
    EXPECT_NE(inode(id, "owned/f"), inode(source, "d/f"));
    EXPECT_NE(inode(id, "twice"), inode(source, "d/f")) << "two copies are two files";
    EXPECT_EQ(manifest(id).find("owned/g")->content, manifest(source).find("d/g")->content);
    EXPECT_EQ(manifest(source).find("d/f")->uid, 0U);
}

TEST_F(FileOpsTest, ALinkedFileIsNeverWrittenTo) {
    const LayerId source = layer_by("echo original > f; chmod 0644 f; touch -d @77 f");
    FileEditor files = editor({});
    ASSERT_THAT(files.copy(view({source}), copy_of("f", "/f")), IsOk());
    ASSERT_THAT(files.make_file("/f", 0600, "changed", {4, 4}, kThen), IsOk());
    commit(files, {});
    FileEditor others = editor({});
    ASSERT_THAT(others.copy(view({source}), copy_of("f", "/f")), IsOk());
    CopyOptions again = copy_of("f", "/f");
    again.mode = 0777;
    ASSERT_THAT(others.copy(view({source}), again), IsOk());
    commit(others, {});
    EXPECT_EQ(shell("cat f; stat -c '%a %u %Y' f", store_->path("layers/" + source + "/diff")),
              "original\n644 0 77\n");
}

TEST_F(FileOpsTest, AFileWithTooManyLinksIsCopied) {
    const LayerId source = layer_by("echo popular > f");
    const auto root = os::Dir::open(store_->path("layers/" + source + "/diff"));
    ASSERT_THAT(os::make_dirs(path("links")), IsOk());
    const auto links = os::Dir::open(path("links"));
    bool full = false;
    for (int i = 0; i < 70000 && !full; ++i) {
        const auto linked =
            links->link(*root, RelPath::in_root("f"), RelPath::in_root(std::to_string(i)));
        full = !linked && linked.error().system_errno() == EMLINK;
    }
    if (!full) GTEST_SKIP() << "this file system takes more than 70000 links";
    FileEditor files = editor({});
    ASSERT_THAT(files.copy(view({source}), copy_of("f", "/f")), IsOk());
    const LayerId id = commit(files, {});
    EXPECT_NE(inode(id, "f"), inode(source, "f"));
    EXPECT_EQ(manifest(id).find("f")->content, Digest::of("popular\n"));
}

TEST_F(FileOpsTest, HardLinksOfOneCopyStayTogether) {
    const LayerId source =
        layer_by("mkdir d; echo 1 > d/a; ln d/a d/b; ln d/a d/c; echo 2 > other");
    for (const bool chown : {false, true}) {
        CopyOptions options = copy_of("d", "/t");
        if (chown) options.owner = Owner{3, 3};
        FileEditor files = editor({});
        ASSERT_THAT(files.copy(view({source}), options), IsOk());
        const LayerId id = commit(files, {});
        EXPECT_EQ(inode(id, "t/a"), inode(id, "t/b"));
        EXPECT_EQ(inode(id, "t/a"), inode(id, "t/c"));
        EXPECT_EQ(manifest(id).find("t/c")->hardlink, 1U);
        EXPECT_EQ(manifest(id).find("t/c")->content, Digest::of("1\n"));
    }
    FileEditor apart = editor({});
    ASSERT_THAT(apart.copy(view({source}), copy_of("d/a", "/a")), IsOk());
    ASSERT_THAT(apart.copy(view({source}), copy_of("d/b", "/b")), IsOk());
    const LayerId id = commit(apart, {});
    EXPECT_NE(inode(id, "a"), inode(id, "b")) << "two copies are two files";
    EXPECT_EQ(manifest(id).find("a")->hardlink, 0U);
}

TEST_F(FileOpsTest, ContextsAreCopiedAndChecked) {
    const auto tree = host_tree(
        "mkdir d; echo 1 > d/f; chmod 4711 d/f; head -c 1000000 /dev/urandom > d/large; ln -s f "
        "d/l");
    const View context({tree});
    FileEditor files = editor({});
    ASSERT_THAT(files.copy(context, docker_copy("d", "/t")), IsOk());
    const LayerId id = commit(files, {});
    EXPECT_EQ(manifest(id).find("t/f")->content, Digest::of("1\n"));
    EXPECT_EQ(manifest(id).find("t/f")->mode & 07777, 04711U);
    EXPECT_EQ(shell("cmp large " + store_->path("layers/" + id + "/diff/t/large") + " && echo same",
                    path("context/d")),
              "same\n");

    tree->digests["d/f"] = Digest::of("what it was when its digest was taken");
    FileEditor late = editor({});
    EXPECT_THAT(
        late.copy(context, docker_copy("d", "/t")),
        FailsWith(ErrorCode::kConflict, HasSubstr("'d/f' changed while it was being copied")));
    EXPECT_THAT(late.commit(), FailsWith(ErrorCode::kInternal, HasSubstr("failed")))
        << "half a copy is no layer";
}

TEST_F(FileOpsTest, PatternsChooseAndBringTheirParents) {
    const LayerId source = layer_by(
        "mkdir -p s/a/b s/a/e s/n; echo 1 > s/a/b/x.py; echo 2 > s/a/b/x.o; echo 3 > s/n/y.o; echo "
        "4 > s/z.py; chmod 0700 s/a/b; touch -d @9 s/a/b");
    CopyOptions options = docker_copy("s", "/t/");
    options.source.include_patterns = {"**/*.py"};
    FileEditor files = editor({});
    ASSERT_THAT(files.copy(view({source}), options), IsOk());
    const LayerId id = commit(files, {});
    std::vector<std::string> names;
    for (const auto& entry : manifest(id).entries()) names.push_back(entry.path);
    EXPECT_THAT(names, ElementsAre("", "t", "t/a", "t/a/b", "t/a/b/x.py", "t/z.py"));
    EXPECT_EQ(manifest(id).find("t/a/b")->mode & 07777, 0700U);
    EXPECT_GT(manifest(id).find("t/a/b")->mtime.seconds, 9) << "it was not chosen itself";

    options.source.include_patterns = {};
    options.source.exclude_patterns = {"a", "!a/b/x.o", "*.py"};
    names.clear();
    for (const auto& [name, text] : copied({}, view({source}), options)) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("", "t", "t/a", "t/a/b", "t/a/b/x.o", "t/n", "t/n/y.o"));
}

TEST_F(FileOpsTest, CopiesSeeMergedViews) {
    const LayerId lower = layer_by("mkdir -p d/e; echo 1 > d/a; echo 2 > d/e/b");
    const LayerId upper = layer_on({lower}, "rm d/a; echo 3 > d/e/c; mv d/e/b d/b2");
    std::vector<std::string> names;
    for (const auto& [name, text] : copied({}, view({lower, upper}), docker_copy("d", "/t")))
        names.push_back(name);
    EXPECT_THAT(names, ElementsAre("", "t", "t/b2", "t/e", "t/e/c"));
}

TEST_F(FileOpsTest, ADraftCanBeTheSourceOfItsNextAction) {
    FileEditor files = editor({});
    ASSERT_THAT(files.make_file("/a", 0644, "text", {}, kThen), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const View now, files.view());
    ASSERT_THAT(files.copy(now, copy_of("a", "/b")), IsOk());
    const LayerId id = commit(files, {});
    EXPECT_EQ(manifest(id).find("b")->content, Digest::of("text"));
    EXPECT_NE(inode(id, "a"), inode(id, "b"));
}

TEST_F(FileOpsTest, CopyStopsWhenAsked) {
    const LayerId source = layer_by("echo 1 > f");
    std::stop_source stop;
    stop.request_stop();
    FileEditor files = editor({});
    EXPECT_THAT(files.copy(view({source}), copy_of("f", "/f"), stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr("cancelled")));
}

TEST_F(FileOpsTest, DestinationsThatTryToLeaveStayInside) {
    const LayerId base = layer_by("ln -s ../../../../tmp out; ln -s /proc/self/root abs");
    const LayerId source = layer_by("echo 1 > hostile");
    auto after = copied({base}, view({source}), copy_of("hostile", "/out/a/"));
    EXPECT_TRUE(after.contains("tmp/a/hostile"));
    after = copied({base}, view({source}), copy_of("hostile", "/abs/b/"));
    EXPECT_TRUE(after.contains("proc/self/root/b/hostile"));
    EXPECT_FALSE(os::path_exists("/tmp/a/hostile"));
    EXPECT_FALSE(os::path_exists("/b/hostile"));
}

/// What cp -a makes of the same trees through a real mount, where its meaning is the same.
TEST_F(FileOpsTest, CopiesLikeCp) {
    const std::string make = R"sh(
        mkdir -p d/e/f d/g; echo 1 > d/e/f/x; ln d/e/f/x d/e/y; ln -s ../g d/e/l; mkfifo d/p; mknod d/n c 1 3
        chmod 2770 d/g; chown 4:5 d/g d/e/y; chmod 0444 d/e/y; touch -h -d @1234.5 d/e/l d/e/y d/p d/n; touch -d @99 d/e/f d/e d/g d)sh";
    const LayerId source = layer_by(make);
    const LayerId base = layer_by("mkdir -p t/g/old; echo keep > t/g/old/k; echo old > t/p");
    auto ours = copied({base}, view({source}), docker_copy("d", "/t"));
    const std::string from = store_->path("layers/" + source + "/diff/d");
    const LayerId theirs = layer_on(
        {base}, "rm t/p; cp -a --no-target-directory " + from + " t; chown 0:0 t; chmod 0755 t");
    EXPECT_EQ(ours, listing(view({base, theirs})));
}

// ADD: archives

class AddTest : public FileOpsTest {
  protected:
    CopyOptions add(std::string source, std::string dest) {
        CopyOptions options = docker_copy(std::move(source), std::move(dest));
        options.unpack_archives = true;
        return options;
    }
};

TEST_F(AddTest, UnpacksWhateverIsATar) {
    const auto tree = host_tree(R"sh(
        mkdir in; mkdir -m 0750 in/d; echo 1 > in/d/f; chown 7:8 in/d/f; chmod 4755 in/d/f; ln in/d/f in/h; ln -s d in/l; echo w > in/.wh.x
        touch -d @42 in/d/f in/d; tar -cf plain.tar -C in .; tar -czf packed.tgz -C in .; tar --zstd -cf z.tar.zst -C in .; rm -r in
        echo text > no.tar; gzip -c no.tar > no.tar.gz)sh");
    for (const char* name : {"plain.tar", "packed.tgz", "z.tar.zst"}) {
        FileEditor files = editor({});
        ASSERT_THAT(files.copy(View({tree}), add(name, "/into")), IsOk()) << name;
        const LayerId id = commit(files, {});
        const Manifest& made = manifest(id);
        ASSERT_NE(made.find("into/d/f"), nullptr) << name;
        EXPECT_EQ(made.find("into/d/f")->content, Digest::of("1\n"));
        EXPECT_EQ(made.find("into/d/f")->mode & 07777, 04755U);
        EXPECT_EQ(made.find("into/d/f")->uid, 7U);
        EXPECT_EQ(made.find("into/d/f")->mtime.seconds, 42);
        EXPECT_EQ(made.find("into/d")->mode & 07777, 0750U);
        EXPECT_EQ(made.find("into/d")->mtime.seconds, 42);
        EXPECT_EQ(made.find("into/h")->hardlink, 1U);
        EXPECT_EQ(made.find("into/l")->link_target, "d");
        EXPECT_NE(made.find("into/.wh.x"), nullptr) << "no whiteouts here";
    }
    auto after = copied({}, View({tree}), add("no.tar*", "/x/"));
    EXPECT_TRUE(after.contains("x/no.tar"));
    EXPECT_TRUE(after.contains("x/no.tar.gz"));
}

TEST_F(AddTest, AnArchiveThatChangedMeanwhileIsNoticed) {
    const auto tree = host_tree("echo 1 > f; tar -cf a.tar f; head -c 200000 /dev/zero >> a.tar");
    FileEditor fine = editor({});
    EXPECT_THAT(fine.copy(View({tree}), add("a.tar", "/t")), IsOk());
    tree->digests["a.tar"] = Digest::of("what it was when its digest was taken");
    FileEditor late = editor({});
    EXPECT_THAT(
        late.copy(View({tree}), add("a.tar", "/t")),
        FailsWith(ErrorCode::kConflict, HasSubstr("'a.tar' changed while it was being unpacked")));
}

TEST_F(AddTest, MergesWithWhatIsThereAndTakesTheOwner) {
    const auto tree = host_tree(
        "mkdir -p in/d in/was-file; echo 1 > in/d/f; echo 2 > in/was-dir; tar -cf a.tar -C in d "
        "was-dir was-file; rm -r in");
    const LayerId base = layer_by(
        "mkdir -p t/d t/was-dir/sub; echo k > t/d/kept; echo o > t/d/f; echo x > t/was-file");
    CopyOptions options = add("a.tar", "/t");
    options.owner = Owner{11, 12};
    auto after = copied({base}, View({tree}), options);
    EXPECT_TRUE(after.contains("t/d/kept"));
    EXPECT_THAT(after["t/d/f"], HasSubstr(Digest::of("1\n").short_hex()));
    EXPECT_THAT(after["t/d/f"], HasSubstr("11:12"));
    EXPECT_THAT(after["t/was-dir"], HasSubstr(Digest::of("2\n").short_hex()));
    EXPECT_THAT(after["t/was-file"], HasSubstr("dir"));
    EXPECT_THAT(after["t"], HasSubstr("0:0")) << "the destination was there before";
}

TEST_F(AddTest, WhatIsThereAlreadyIsNoPartOfTheLayer) {
    const std::string make =
        "mkdir -p in/d in/e; echo 1 > in/d/f; echo 2 > in/g; ln -s g in/l; mkfifo in/p; echo 3 > "
        "in/e/h; ln in/e/h in/e/i; find in -exec touch -h -d @42 {} +; ";
    const auto tree =
        host_tree(make +
                  "tar -cf a.tar -C in .; echo 4 > in/d/f; touch -d @42 in/d/f; chmod 600 in/g; "
                  "rm in/e/i; tar -cf b.tar -C in .; rm -r in");
    FileEditor first = editor({});
    ASSERT_THAT(first.copy(View({tree}), add("a.tar", "/t")), IsOk());
    const LayerId base = commit(first, {});
    const testing::Listing before = listing(view({base}));

    FileEditor again = editor({base});
    ASSERT_THAT(again.copy(View({tree}), add("a.tar", "/t")), IsOk());
    const LayerId same = commit(again, {base});
    EXPECT_THAT(manifest(same).entries(), ::testing::SizeIs(1)) << "the root alone";
    EXPECT_EQ(listing(view({base, same})), before);

    FileEditor other = editor({base});
    ASSERT_THAT(other.copy(View({tree}), add("b.tar", "/t")), IsOk());
    const LayerId changed = commit(other, {base});
    EXPECT_NE(manifest(changed).find("t/d/f"), nullptr) << "other content, same size and time";
    EXPECT_NE(manifest(changed).find("t/g"), nullptr) << "another mode";
    EXPECT_NE(manifest(changed).find("t/e/h"), nullptr) << "it has one name now";
    EXPECT_EQ(manifest(changed).find("t/e/i"), nullptr);
    EXPECT_EQ(manifest(changed).find("t/l"), nullptr);
    EXPECT_EQ(manifest(changed).find("t/p"), nullptr);
    EXPECT_EQ(manifest(changed).entries().size(), 7U);

    // What was hidden does not come back, though it is just like that.
    FileEditor anew = editor({base});
    ASSERT_THAT(anew.remove("/t", false, false), IsOk());
    ASSERT_THAT(anew.copy(View({tree}), add("a.tar", "/t")), IsOk());
    const LayerId opaque = commit(anew, {base});
    EXPECT_EQ(listing(view({base, opaque})), before);
    EXPECT_NE(manifest(opaque).find("t/g"), nullptr);
}

TEST_F(AddTest, ArchivesCannotLeaveTheDestination) {
    const auto archive_of = [&](std::vector<archive::TarEntry> entries) {
        StringWriter out;
        auto tar = archive::TarWriter::open(out);
        for (const auto& entry : entries) {
            EXPECT_THAT(entry.type == archive::EntryType::kRegular ? tar->add_file(entry, "x")
                                                                   : tar->add(entry),
                        IsOk());
        }
        EXPECT_THAT(tar->finish(), IsOk());
        host_tree("true");
        EXPECT_THAT(os::write_file(path("context/a.tar"), out.text()), IsOk());
        return View({std::make_shared<HostTree>(path("context"))});
    };
    const auto named = [](std::string name, archive::EntryType type = archive::EntryType::kRegular,
                          std::string target = "") {
        archive::TarEntry entry;
        entry.path = std::move(name);
        entry.type = type;
        entry.link_target = std::move(target);
        return entry;
    };
    const LayerId base =
        layer_by("mkdir t; echo precious > p; ln -s ../p t/link; ln -s .. t/up; ln -s / t/root");
    const auto attempt = [&](const View& source) {
        FileEditor files = editor({base});
        return files.copy(source, add("a.tar", "/t"));
    };
    EXPECT_THAT(attempt(archive_of({named("h", archive::EntryType::kHardlink, "../p")})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("no file here")));
    EXPECT_THAT(attempt(archive_of({named("h", archive::EntryType::kHardlink, "root/p")})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("no file here")));
    auto after = copied({base},
                        archive_of({named("/abs"), named("link"), named("up/x"), named("root/y"),
                                    named("l", archive::EntryType::kSymlink, "/"), named("l/z"),
                                    named("../p"), named("a/../../v")}),
                        add("a.tar", "/t"));
    EXPECT_THAT(after["p"], HasSubstr(Digest::of("precious\n").short_hex()));
    EXPECT_THAT(after["t/link"], HasSubstr(Digest::of("x").short_hex())) << "the link was replaced";
    for (const char* inside : {"t/abs", "t/x", "t/y", "t/z", "t/p", "t/v"})
        EXPECT_TRUE(after.contains(inside)) << inside;
    for (const char* outside : {"abs", "x", "y", "z", "v"})
        EXPECT_FALSE(after.contains(outside)) << outside;
}

// owners

TEST_F(FileOpsTest, OwnersAreLookedUpInTheView) {
    const LayerId base = layer_by(R"sh(mkdir etc; cat > etc/passwd <<E
root:x:0:0:root:/root:/bin/sh
app:x:1000:2000::/home/app:/bin/sh
broken:x:none:1
E
        printf 'root:x:0:\nstaff:x:50:app\n' > etc/group)sh");
    const auto owner = [&](std::string_view user, std::string_view group) {
        const auto found = resolve_owner(view({base}), user, group);
        EXPECT_THAT(found, IsOk());
        return fmt::format("{}:{} {}{}", found->owner.uid, found->owner.gid,
                           found->user_known ? "" : "user? ", found->group_known ? "" : "group?");
    };
    EXPECT_EQ(owner("app", ""), "1000:2000 ");
    EXPECT_EQ(owner("app", "staff"), "1000:50 ");
    EXPECT_EQ(owner("12", ""), "12:12 ");
    EXPECT_EQ(owner("12", "13"), "12:13 ");
    EXPECT_EQ(owner("12", "staff"), "12:50 ");
    EXPECT_EQ(owner("nobody-here", ""), "0:0 user? ");
    EXPECT_EQ(owner("app", "nogroup-here"), "1000:0 group?");
    EXPECT_EQ(owner("broken", ""), "0:0 user? ");
    const auto scratch = resolve_owner(View(), "app", "staff");
    ASSERT_THAT(scratch, IsOk());
    EXPECT_FALSE(scratch->user_known);
    EXPECT_FALSE(scratch->group_known);
}

}  // namespace
}  // namespace slipway::snapshot
