// reap FILE COMMAND...: runs COMMAND as an engine's shim does, as a child subreaper, and exits with its status.
//
// What COMMAND leaves behind has been re-parented to this process by then. FILE gets one line for each such process:
//   "child PID NAME"   still there (it is left alone)
//   "dead PID STATUS"  already dead, reaped here; STATUS as the shell counts it
// With `reap -w FILE COMMAND...` it then waits for every remaining child to end, and adds their "dead" lines.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int shell_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

static void list_children(FILE* out) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
  FILE* children = fopen(path, "r");
  int pid;
  while (children && fscanf(children, "%d", &pid) == 1) {
    char name[64] = "?";
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE* comm = fopen(path, "r");
    if (comm) {
      if (fscanf(comm, "%63[^\n]", name) != 1) strcpy(name, "?");
      fclose(comm);
    }
    fprintf(out, "child %d %s\n", pid, name);
  }
  if (children) fclose(children);
}

int main(int argc, char** argv) {
  int wait_all = argc > 1 && !strcmp(argv[1], "-w");
  argv += 1 + wait_all;
  if (argc - wait_all < 3) return fprintf(stderr, "usage: reap [-w] FILE COMMAND...\n"), 2;
  FILE* out = fopen(argv[0], "we");
  if (!out) return perror(argv[0]), 2;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return perror("prctl"), 2;
  pid_t command = fork();
  if (command < 0) return perror("fork"), 2;
  if (command == 0) {
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  int result = 2, status;
  for (pid_t pid; (pid = wait(&status)) > 0;) {
    if (pid == command) {
      result = shell_status(status);
      break;
    }
    fprintf(out, "dead %d %d\n", pid, shell_status(status));
  }
  // What COMMAND itself killed dies at once but is not yet a zombie: give it a moment, so that only survivors are listed.
  for (int i = 0; i < 50; i++) {
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid < 0) break;
    if (pid > 0) fprintf(out, "dead %d %d\n", pid, shell_status(status));
    if (pid == 0) usleep(2000);
  }
  list_children(out);
  fflush(out);
  if (wait_all)
    for (pid_t pid; (pid = wait(&status)) > 0;) fprintf(out, "dead %d %d\n", pid, shell_status(status)), fflush(out);
  return fclose(out) == 0 ? result : 2;
}
