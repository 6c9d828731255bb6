#include "adapters/files/folder.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/unicode.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

bool is_within(fs::path const& root, fs::path const& path) {
  auto const [end, rest] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end == root.end();
}

// "a.md" of "a.md~" and "#a.md#": what the editor works on.
fs::path without_marks(fs::path const& path) {
  auto name = path.filename().string();
  while (name.ends_with('~') || name.ends_with('#')) name.pop_back();
  return path.parent_path() / name;
}

class Lister {
 public:
  Lister(fs::path const& folder, FolderOptions const& options) : folder_(folder), options_(options) {}

  Result<Listing> run() {
    std::vector<fs::path> open{folder_};
    while (!open.empty()) {
      auto const folder = std::move(open.back());
      open.pop_back();
      if (auto const read = list(folder, open); !read) return std::unexpected(read.error());
    }
    std::ranges::sort(out_.files);
    std::ranges::sort(out_.skipped);
    std::ranges::sort(out_.refused, {}, &RefusedFile::file);
    return std::move(out_);
  }

 private:
  static std::unexpected<Error> unreadable(fs::path const& path, std::error_code why) {
    return fail("unreadable", fmt::format("{}: cannot be read: {}", language::escaped(path.string()), why.message()));
  }

  Result<void> list(fs::path const& folder, std::vector<fs::path>& open) {
    std::error_code why;
    fs::directory_iterator at(folder, why);
    if (why == std::errc::no_such_file_or_directory) return {};
    if (why) return unreadable(folder, why);
    while (at != fs::directory_iterator()) {
      if (++entries_ > limits::kFolderEntriesMax)
        return fail("too_many", fmt::format("{}: more than {} files and folders", language::escaped(folder_.string()),
                                            limits::kFolderEntriesMax));
      if (auto const taken = take(*at, open); !taken) return taken;
      at.increment(why);
      if (why) return unreadable(folder, why);
    }
    return {};
  }

  // The kind of what stands there, of a link's target where that lies within the folder.
  Result<void> take(fs::directory_entry const& entry, std::vector<fs::path>& open) {
    auto const& path = entry.path();
    std::error_code why;
    auto status = entry.symlink_status(why);
    if (status.type() == fs::file_type::not_found) return {};
    if (why) return unreadable(path, why);
    bool const folder = status.type() == fs::file_type::directory;
    bool const wanted = options_.folders == folder && is_wanted(path);
    if (is_unread_name(path.filename())) {
      if (folder ? !options_.folders : is_wanted(without_marks(path))) out_.skipped.push_back(path);
      return {};
    }
    if (folder) return take_folder(path, wanted, open);
    if (status.type() == fs::file_type::symlink) return take_link(path);
    if (!wanted || !has_good_name(path)) return {};
    if (status.type() != fs::file_type::regular) return refuse(path, "is not a file (a pipe, a socket or a device)");
    out_.files.push_back(path);
    return {};
  }

  Result<void> take_folder(fs::path const& path, bool wanted, std::vector<fs::path>& open) {
    if (!has_good_name(path)) return {};
    if (wanted) out_.files.push_back(path);
    if (options_.below) open.push_back(path);
    return {};
  }

  Result<void> take_link(fs::path const& path) {
    std::error_code why;
    auto const target = fs::canonical(path, why);
    if (why && why != std::errc::no_such_file_or_directory && why != std::errc::too_many_symbolic_link_levels)
      return unreadable(path, why);
    bool const folder = !why && fs::is_directory(target, why);
    // The tenant's own folder may be a link: whoever made it there may lead wherever they like.
    if (options_.folders) {
      if (folder && is_wanted(path) && has_good_name(path)) out_.files.push_back(path);
      return {};
    }
    if (!folder && !is_wanted(path)) return {};
    if (!has_good_name(path)) return {};
    if (target.empty()) return refuse(path, "is a link that leads nowhere");
    auto const root = fs::canonical(folder_, why);
    if (why) return unreadable(folder_, why);
    if (!is_within(root, target)) return refuse(path, "is a link that leads out of its folder; copy what it names");
    if (folder) return {};
    if (!fs::is_regular_file(target, why)) return refuse(path, "is a link to what is not a file");
    out_.files.push_back(path);
    return {};
  }

  bool is_wanted(fs::path const& path) const { return !options_.wanted || options_.wanted(path); }

  bool has_good_name(fs::path const& path) {
    auto why_not = why_no_text_name(path.filename());
    if (why_not.empty()) return true;
    refuse(path, std::move(why_not));
    return false;
  }

  Result<void> refuse(fs::path const& path, std::string reason) {
    out_.refused.push_back({language::escaped(path.string()), std::move(reason)});
    return {};
  }

  fs::path const& folder_;
  FolderOptions const& options_;
  Listing out_;
  std::size_t entries_ = 0;
};

}  // namespace

bool seems(fs::path const& name, std::initializer_list<std::string_view> endings) {
  auto small = name.filename().string();
  std::ranges::transform(small, small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(endings, [&](std::string_view ending) {
    return small.ends_with(ending) || small.contains(std::string(ending) + ".");
  });
}

std::string why_no_text_name(fs::path const& name) {
  if (language::escaped(name.string()) == name.string()) return "";
  return "has a name that is not UTF-8 text or holds control characters: rename it";
}

bool is_unread_name(fs::path const& name) {
  auto const text = name.filename().string();
  return text.starts_with('.') || text.ends_with('~') || text.starts_with("~$") ||
         (text.size() > 1 && text.starts_with('#') && text.ends_with('#'));
}

std::string unread_names(Listing const& listing, fs::path const& folder) {
  if (listing.skipped.empty()) return "";
  std::string names;
  for (auto const& path : listing.skipped)
    names += (names.empty() ? "" : ", ") + language::escaped(path.lexically_relative(folder).string());
  return fmt::format("not read, as names that begin with a dot and work files of editors (name~, #name#, ~$name): {}",
                     names);
}

Result<Listing> files_below(fs::path const& folder, FolderOptions const& options) {
  if (folder.empty()) return Listing{};
  return Lister(folder, options).run();
}

}  // namespace sotto::app
