mkfifo -m 640 p; echo 1 >f
