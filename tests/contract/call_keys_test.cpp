// The contract of the keys of calls against the key file.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "adapters/key_file/key_file.h"
#include "base/check.h"
#include "contract/call_keys_contract.h"

namespace sotto {

class KeyFileFixture {
 public:
  KeyFileFixture() { open(); }
  ~KeyFileFixture() {
    keys_.reset();
    std::filesystem::remove_all(folder_);
  }
  CallKeys& keys() { return *keys_; }
  std::string stored() const {
    std::stringstream bytes;
    bytes << std::ifstream(folder_ + "/keys", std::ios::binary).rdbuf();
    return bytes.str();
  }
  std::string place_of(KeyId id) const {
    auto const slot = static_cast<std::size_t>(id & ((1 << 28) - 1));
    return stored().substr(8192 + slot * 128 + 8, 60);
  }
  // A kill leaves the file as it is: what is done at an orderly end is undone.
  void reopen() {
    auto const killed = stored();
    keys_.reset();
    std::ofstream(folder_ + "/keys", std::ios::binary | std::ios::trunc) << killed;
    open();
  }

 private:
  void open() {
    auto opened = KeyFile::open(folder_ + "/keys", master_);
    CHECK(opened);
    keys_ = std::move(*opened);
  }
  static std::string temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-keys-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    return pattern;
  }
  Key const master_ = random_key();
  std::string const folder_ = temporary_folder();
  std::unique_ptr<KeyFile> keys_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(KeyFile, CallKeysContract, KeyFileFixture);

}  // namespace sotto
