#include "adapters/sqlite/store_folder.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "base/check.h"

namespace sotto::sqlite {
namespace {

namespace fs = std::filesystem;

TEST(StoreFolder, ThatOthersMayWriteInIsRefusedAndKeepsItsMode) {
  std::string pattern = (fs::temp_directory_path() / "sotto-mode-XXXXXX").string();
  CHECK(mkdtemp(pattern.data()));
  ::chmod(pattern.c_str(), 0777);
  auto const refused = StoreFolder::open(pattern);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(pattern), std::string::npos);
  struct stat now{};
  ::stat(pattern.c_str(), &now);
  EXPECT_EQ(now.st_mode & 0777u, 0777u);
  ::chmod(pattern.c_str(), 0750);
  EXPECT_TRUE(StoreFolder::open(pattern));
  ::stat(pattern.c_str(), &now);
  EXPECT_EQ(now.st_mode & 0777u, 0750u);
  fs::remove_all(pattern);
}

}  // namespace
}  // namespace sotto::sqlite
