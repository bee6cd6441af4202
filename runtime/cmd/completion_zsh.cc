#include "base/strings.h"
#include "runtime/cmd/completion.h"

namespace cmd {

namespace {

// Inside single quotes, and inside the [...] or after the ':' of a spec of _arguments.
std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string value_spec(const Flag& flag) {
  std::string out = ":" + escape(flag.value) + ":";
  switch (value_sort(flag)) {
    case ValueSort::None: return "";
    case ValueSort::Directory: return out + "_files -/";
    case ValueSort::File: return out + "_files";
    case ValueSort::Words:
      return format(":%s:(%s)", flag.name, choice_words(flag.value, ' ').c_str());
    case ValueSort::Other: return out;
  }
  return out;
}

// "'(-b --bundle)'{-b,--bundle=}'[help]:DIR:_files -/'" ; a list may be given again: "'*'{...}".
std::string flag_specs(std::span<const Flag> flags, const char* indent) {
  std::string out;
  for (const Flag& flag : flags) {
    const char* equals = flag.kind == Kind::Switch ? "" : "=";
    std::string rest = "[" + escape(flag.help) + "]" + value_spec(flag);
    bool list = flag.kind == Kind::List;
    out += indent;
    if (flag.letter == 0) {
      out += format("'%s--%s%s%s' \\\n", list ? "*" : "", flag.name, equals, rest.c_str());
      continue;
    }
    std::string before = list ? "'*'" : format("'(-%c --%s)'", flag.letter, flag.name);
    out += before + format("{-%c,--%s%s}'%s' \\\n", flag.letter, flag.name, equals, rest.c_str());
  }
  return out + indent + "'(-h --help)'{-h,--help}'[show this help]' \\\n";
}

std::string argument_specs(const Command& command, const char* indent) {
  std::string first;
  switch (argument_sort(command)) {
    case ArgumentSort::None: break;
    case ArgumentSort::Container: first = "'1:container:_rt_containers'"; break;
    case ArgumentSort::Command: first = "'1:command:_rt_commands'"; break;
    case ArgumentSort::Words:
      first = "'1:word:(" + choice_words(command.arguments, ' ') + ")'";
      break;
  }
  std::string name = command.name;
  if (name == "kill") first += " '2:signal:(" + signal_words() + ")'";
  if (name == "exec") first += " '*::command: '";
  if (name == "ps") first += " '*::argument of ps: '";
  return indent + (first.empty() ? std::string("&& return") : first);
}

}  // namespace

std::string zsh_completion() {
  std::string out = "#compdef rt\n# zsh completion of rt, made by 'rt completion zsh'.\n\n";
  out +=
      "_rt_containers() {\n"
      "  local -a ids\n"
      "  ids=(${(f)\"$(${rt_words} list -q 2>/dev/null)\"})\n"
      "  compadd -a ids\n"
      "}\n\n"
      "_rt_commands() {\n  local -a commands=(\n";
  for (const Command& command : commands()) {
    out += "    '" + std::string(command.name) + ":" + escape(command.summary) + "'\n";
  }
  out +=
      "  )\n  _describe command commands\n}\n\n"
      "_rt() {\n"
      "  local curcontext=$curcontext state line\n"
      "  local -a rt_words\n"
      "  typeset -A opt_args\n"
      "  local -a all=(\"${words[@]}\")\n"
      "  _arguments -C -S \\\n";
  out += flag_specs(global_flags(), "    ");
  out += "    '1:command:_rt_commands' '*::argument:->arguments' && return\n";
  out += "  [[ $state == arguments ]] || return 1\n";
  // The words before the command are the global flags: --root decides which containers there are.
  out += "  rt_words=(${all[1,(ie)$words[1]]})\n  rt_words[-1]=()\n";
  out += "  case $words[1] in\n";
  for (const Command& command : commands()) {
    const char* stop = command.order == Order::BeforeFirst ? " -A '-*'" : "";
    out += format("    %s)\n      _arguments -S%s \\\n", command.name, stop);
    out += flag_specs(command.flags, "        ") + argument_specs(command, "        ") + " ;;\n";
  }
  // As a file of fpath it is the body of _rt, first run when a completion is asked for; else it is
  // sourced.
  return out +
         "  esac\n}\n\nif [[ $funcstack[1] == _rt ]]; then _rt \"$@\"; else compdef _rt rt; fi\n";
}

}  // namespace cmd
