// The files below a tenant's folder (articles, policies, written calls): listed in one place, so that a folder that
// cannot be read never looks like an empty one. Blocks on the disk; never throws for what the disk does.
#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sotto::app {

struct FolderOptions {
  // Which files are wanted, by name; empty: all. Asked for names that are read at all.
  std::function<bool(std::filesystem::path const&)> wanted;
  bool below = true;     // also what lies in folders below
  bool folders = false;  // the folders themselves are listed, not the files
};

struct RefusedFile {
  std::string file;    // printable: bytes that are no UTF-8 are escaped
  std::string reason;  // a link that leads outside, a name that is not UTF-8
};

struct Listing {
  std::vector<std::filesystem::path> files;    // in order of their names; regular files, or folders
  std::vector<std::filesystem::path> skipped;  // wanted but for a name that is not read; a folder stands for all in it
  std::vector<RefusedFile> refused;            // wanted, and a problem of whoever owns the folder
};

// Names that begin with a dot (companions, trash, version control), and work files of editors: name~, #name#, ~$name.
bool is_unread_name(std::filesystem::path const& name);

// Names are told in the log and in answers, as text: why this one cannot be; empty: it can.
std::string why_no_text_name(std::filesystem::path const& name);

// Whether a person took the name for one with such an ending: in any case of letters, and with another one behind it
// ("A.CALL", "a.yaml.txt").
bool seems(std::filesystem::path const& name, std::initializer_list<std::string_view> endings);

// One line that names what was skipped; empty where nothing was.
std::string unread_names(Listing const& listing, std::filesystem::path const& folder);

// No folder there: an empty listing. Links to files are followed within `folder`, never out of it; links to folders are
// not followed. What vanishes meanwhile was never there. Errors: unreadable (anything else that the disk says, with the
// path), too_many (more than limits::kFolderEntriesMax entries).
Result<Listing> files_below(std::filesystem::path const& folder, FolderOptions const& options = {});

}  // namespace sotto::app
