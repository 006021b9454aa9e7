#include "channels/http/reloader.hpp"

#include <utility>

namespace lotse::http {
namespace {

Reload reload_from(Live& live, const std::filesystem::path& root) {
  Reload reload;
  Loaded<Workspace> loaded = load_workspace(root);
  reload.findings = std::move(loaded.findings);
  if (!loaded.value) return reload;
  Result<std::string> changed = live.reload(*loaded.value);
  if (changed) {
    reload.changed = *std::move(changed);
  } else {
    reload.error = std::move(changed).error();
  }
  return reload;
}

}  // namespace

Reloader::Reloader(Live& live, std::filesystem::path root, Told told)
    : live_(live), root_(std::move(root)), told_(std::move(told)) {}

Reload Reloader::reload() {
  const std::lock_guard lock(mutex_);
  Reload reload = reload_from(live_, root_);
  told_(reload);
  return reload;
}

}  // namespace lotse::http
