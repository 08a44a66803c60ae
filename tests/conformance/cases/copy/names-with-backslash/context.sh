echo 1 >'back\slash'
