#include "base/strings.h"
#include "runtime/cmd/completion.h"

namespace cmd {

namespace {

// "--bundle|-b" of every flag that takes a value, joined by '|': a pattern of `case`.
std::string valued_pattern(std::span<const Flag> flags) {
  std::string out;
  for (const Flag& flag : flags) {
    if (flag.kind == Kind::Switch) continue;
    out += format("%s--%s", out.empty() ? "" : "|", flag.name);
    if (flag.letter != 0) out += format("|-%c", flag.letter);
  }
  return out;
}

std::string flag_words(std::span<const Flag> flags) {
  std::string out = "--help";
  for (const Flag& flag : flags) out += format(" --%s", flag.name);
  return out;
}

// The branches that complete the value after a flag.
std::string value_cases(const char* command, std::span<const Flag> flags) {
  std::string out;
  for (const Flag& flag : flags) {
    std::string action;
    switch (value_sort(flag)) {
      case ValueSort::None: continue;
      case ValueSort::Directory:
        action = "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))";
        break;
      case ValueSort::File:
        action = "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))";
        break;
      case ValueSort::Words:
        action = "COMPREPLY=($(compgen -W '" + choice_words(flag.value, ' ') + "' -- \"$cur\"))";
        break;
      case ValueSort::Other: action = ":"; break;
    }
    std::string pattern = format("'%s:--%s'", command, flag.name);
    if (flag.letter != 0) pattern += format("|'%s:-%c'", command, flag.letter);
    out += "    " + pattern + ") " + action + "; return ;;\n";
  }
  return out;
}

std::string command_names() {
  std::string out;
  for (const Command& command : commands())
    out += (out.empty() ? "" : " ") + std::string(command.name);
  return out;
}

// What may stand as the first argument (and of `kill` the second).
std::string argument_case(const Command& command) {
  std::string words;
  switch (argument_sort(command)) {
    case ArgumentSort::None: return "";
    case ArgumentSort::Container: words = "\"$(\"${rt[@]}\" list -q 2>/dev/null)\""; break;
    case ArgumentSort::Command: words = "'" + command_names() + "'"; break;
    case ArgumentSort::Words: words = "'" + choice_words(command.arguments, ' ') + "'"; break;
  }
  return format("    '%s:0') COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n", command.name,
                words.c_str());
}

// Finds the command, counts its arguments so far, and takes the flag a value belongs to. COMP_WORDS
// has '=' as a word.
constexpr const char* kFind =
    R"sh(  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' count=0 i word
  local -a rt=("${COMP_WORDS[0]}")
  [[ $cur == '=' ]] && cur=
  [[ $prev == '=' ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $command:$word in
)sh";
constexpr const char* kAfterFind = R"sh(        [[ ${COMP_WORDS[i + 1]} == '=' ]] && ((i++))
        ((i++)) ;;
      *:-*) ;;
      :*)
        command=$word
        for word in "${COMP_WORDS[@]:1:i-1}"; do [[ $word == '=' ]] || rt+=("$word"); done ;;
      *) ((count++)) ;;
    esac
  done
)sh";

}  // namespace

std::string bash_completion() {
  std::string out = "# bash completion of rt, made by 'rt completion bash'.\n_rt() {\n";
  out += kFind;
  std::string valued;
  auto add = [&](const char* command, std::span<const Flag> flags) {
    std::string pattern = valued_pattern(flags);  // outlives the views into it
    for (std::string_view flag : split(pattern, '|')) {
      if (flag.empty()) continue;
      valued += (valued.empty() ? "" : "|") + format("'%s:", command) + std::string(flag) + "'";
    }
  };
  add("", global_flags());
  for (const Command& command : commands()) add(command.name, command.flags);
  out += "      " + valued + ")\n" + kAfterFind;
  out += "  case $command:$prev in\n" + value_cases("", global_flags());
  for (const Command& command : commands()) out += value_cases(command.name, command.flags);
  out += "  esac\n  if [[ $cur == -* ]]; then\n    local flags=--help\n    case $command in\n";
  out += "      '') flags='" + flag_words(global_flags()) + "' ;;\n";
  for (const Command& command : commands()) {
    std::string stop = command.order == Order::BeforeFirst ? "((count)) && return; " : "";
    out += format("      %s) %sflags='%s' ;;\n", command.name, stop.c_str(),
                  flag_words(command.flags).c_str());
  }
  out += "    esac\n    COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n    return\n  fi\n";
  out += "  case $command:$count in\n";
  out += "    :0) COMPREPLY=($(compgen -W '" + command_names() + "' -- \"$cur\")) ;;\n";
  for (const Command& command : commands()) out += argument_case(command);
  out += "    kill:1) COMPREPLY=($(compgen -W '" + signal_words() + "' -- \"$cur\")) ;;\n";
  return out + "  esac\n}\ncomplete -F _rt rt\n";
}

}  // namespace cmd
