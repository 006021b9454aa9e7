#include "channels/adapters/adapters.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/channels/deliveries.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

constexpr const char* channels = R"yaml(channels:
  web: {title: Web}
  email: {adapter: smtp, purposes: [service], smtp: {url: "smtp://mail.example.net", from: a@example.net, user: MAIL_USER}}
  app: {adapter: webhook, purposes: [service], webhook: {url: "https://hooks.example.net", secrets: [APP_SECRET]}}
  sms: {adapter: log, purposes: [service]}
  post: {adapter: webhook, purposes: [service]}
teams:
  desk: {webhook: {url: "https://tickets.example.net", secrets: DESK_SECRET}}
  readers: {title: They look for themselves}
alerts: sms
)yaml";
constexpr const char* journey = R"yaml(journey: basket
touchpoints:
  basket: {channels: web, start: true, on: basket_filled, next: [order, {to: mail, after: 1d}, {to: note, after: 3d}]}
  mail: {channels: [app, email], send: {template: your_basket, purpose: service}}
  note: {channels: [sms, app], send: {template: by_text, purpose: service}}
  order: {channels: web, on: order_placed, goal: true}
)yaml";
constexpr const char* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

struct Shop {
  test::Folder folder;
  Shop() {
    write(folder / "channels.yaml", channels);
    write(folder / "journeys/basket.yaml", journey);
  }
  [[nodiscard]] Loaded<ChannelAdapters> make(
      std::vector<std::pair<std::string, std::string>> variables) const {
    const Loaded<Workspace> workspace = load_workspace(folder.path());
    INFO(render(workspace.findings));
    REQUIRE(workspace.value);
    return make_adapters(*workspace.value, {.environment = test::environment_of(std::move(variables)),
                                            .log = [](std::string_view) {}});
  }
};

}  // namespace

TEST_CASE("adapters: each way out that channels.yaml names is made", "[adapters]") {
  const Shop shop;
  write(shop.folder / "templates/your_basket.mustache", "Subject: Yours\n\nHello\n");

  const auto made = shop.make({{"MAIL_USER", "u"}, {"APP_SECRET", secret}, {"DESK_SECRET", secret}});

  REQUIRE(made.value);
  std::string names;
  for (const auto& [name, adapter] : *made.value) names += name + ' ';
  CHECK(names == "app email sms team:desk ");
  CHECK(made.value->at("email")->compose({.id = "1", .template_name = "your_basket", .address = "a@b"}));
  CHECK(render(made.findings) ==
        "channels.yaml:6:3: warning: nothing leaves by channel `post`: it has `adapter: webhook` and no "
        "`webhook` "
        "settings\n");
}

TEST_CASE("adapters: all that is missing is told at once, and no secret", "[adapters]") {
  const Shop shop;

  const auto made = shop.make({{"DESK_SECRET", "hunter2"}});

  CHECK_FALSE(made.value);
  const std::string told = render(made.findings);
  CAPTURE(told);
  CHECK(told.find("channels.yaml:3:3: error: channel `email`: ") != std::string::npos);
  CHECK(told.find("templates/your_basket.mustache cannot be read: No such file or directory") !=
        std::string::npos);
  CHECK(told.find(
            "error: channel `email`: the environment variable `MAIL_USER`, which `smtp` names, is not set") !=
        std::string::npos);
  CHECK(told.find("error: channel `app`: the environment variable `APP_SECRET`") != std::string::npos);
  CHECK(told.find("error: team `desk`: the environment variable `DESK_SECRET` holds no webhook secret") !=
        std::string::npos);
  CHECK(told.find("by_text") == std::string::npos);
  CHECK(told.find("hunter2") == std::string::npos);
}

}  // namespace lotse
