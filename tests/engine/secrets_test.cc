#include "engine/secrets.h"

#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <cstdlib>

namespace slipway::engine {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Pair;

class SecretsTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto dir = os::TempDir::create("/tmp", "secrets");
        ASSERT_THAT(dir, IsOk());
        dir_.emplace(*std::move(dir));
        file_ = dir_->path() + "/token";
        ASSERT_THAT(os::write_file(file_, "from file\n"), IsOk());
        ::setenv("SLIPWAY_TEST_SECRET", "from variable", 1);
    }

    std::optional<os::TempDir> dir_;
    std::string file_;
    Secrets secrets_;
};

TEST_F(SecretsTest, AreReadFromFilesAndVariables) {
    ASSERT_THAT(add_secret("id=a,src=" + file_, secrets_), IsOk());
    ASSERT_THAT(add_secret("id=b,env=SLIPWAY_TEST_SECRET", secrets_), IsOk());
    ASSERT_THAT(add_secret("id=SLIPWAY_TEST_SECRET", secrets_), IsOk());
    ASSERT_THAT(add_secret("type=file,id=d,source=" + file_, secrets_), IsOk());
    EXPECT_THAT(secrets_,
                ElementsAre(Pair("SLIPWAY_TEST_SECRET", "from variable"), Pair("a", "from file\n"),
                            Pair("b", "from variable"), Pair("d", "from file\n")));
}

TEST_F(SecretsTest, SayWhatIsWrongWithTheFlag) {
    EXPECT_THAT(add_secret("src=x", secrets_),
                FailsWith(ErrorCode::kUsage, HasSubstr("'id' is missing")));
    EXPECT_THAT(add_secret("id=a,srcc=x", secrets_),
                FailsWith(ErrorCode::kUsage, HasSubstr("unknown key 'srcc'")));
    EXPECT_THAT(add_secret("token", secrets_),
                FailsWith(ErrorCode::kUsage, HasSubstr("not key=value")));
    EXPECT_THAT(add_secret("id=a,env=SLIPWAY_TEST_UNSET", secrets_),
                FailsWith(ErrorCode::kUsage, HasSubstr("'SLIPWAY_TEST_UNSET' is not set")));
    EXPECT_THAT(add_secret("id=a,src=/nonexistent/file", secrets_),
                FailsWith(ErrorCode::kNotFound, HasSubstr("--secret id=a")));
    EXPECT_THAT(add_secret("id=a,type=vault", secrets_),
                FailsWith(ErrorCode::kUsage, HasSubstr("neither file nor env")));
}

TEST_F(SecretsTest, AreNotLargerThanTheLimit) {
    ASSERT_THAT(os::write_file(file_, std::string(500UL * 1024 + 1, 'x')), IsOk());
    EXPECT_THAT(add_secret("id=a,src=" + file_, secrets_),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("--secret id=a")));
}

}  // namespace
}  // namespace slipway::engine
